export type UnacceptableCode =
  | 'empty'
  | 'too_large'
  | 'unknown_format'
  | 'unsupported_format'
  | 'too_many_pixels'
  | 'too_complex'
  | 'corrupt'
  | 'checksum_mismatch'
  | 'bytes_missing'
  | 'account_erased';

/**
 * The bytes are not a picture that is accepted, and never will be: no retry helps. The message is meant for the person who
 * uploaded them; it holds nothing that comes from the file but numbers.
 */
export class UnacceptablePicture extends Error {
  override readonly name = 'UnacceptablePicture';
  readonly code: UnacceptableCode;

  constructor(code: UnacceptableCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
