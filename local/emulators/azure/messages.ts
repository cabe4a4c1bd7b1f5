import { invalidRequest } from './errors.ts';

const ROLES = new Set(['system', 'developer', 'user', 'assistant']);
const BIGGEST_IMAGE_BYTES = 20 * 1024 * 1024;
const MOST_IMAGES = 10;

export interface ReadMessages {
  /** All text, whoever said it. */
  readonly texts: readonly string[];
  /** The user's text alone. */
  readonly userText: string;
  readonly images: readonly { readonly bytes: Uint8Array; readonly detail: string }[];
}

/**
 * Takes a conversation apart.
 * @throws AzureError 400 for messages, parts or picture encodings the service refuses
 */
export function readMessages(messages: unknown): ReadMessages {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw invalidRequest("[] is too short - 'messages'", 'messages');
  }
  const texts: string[] = [];
  const userTexts: string[] = [];
  const images: { bytes: Uint8Array; detail: string }[] = [];
  messages.forEach((message: Readonly<Record<string, unknown>>, index) => {
    const path = `messages[${index}]`;
    const { role, content } = message ?? {};
    if (typeof role !== 'string' || !ROLES.has(role)) {
      throw invalidRequest(
        `Invalid value: '${String(role)}'. Supported values are: 'system', 'assistant', 'user', and 'developer'.`,
        `${path}.role`,
        'invalid_value',
      );
    }
    const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    if (!Array.isArray(parts))
      throw invalidRequest(
        `Invalid type for '${path}.content': expected a string or an array of objects.`,
        `${path}.content`,
        'invalid_type',
      );
    for (const part of parts as Readonly<Record<string, unknown>>[]) {
      if (part.type === 'text' && typeof part.text === 'string') {
        texts.push(part.text);
        if (role === 'user') userTexts.push(part.text);
      } else if (part.type === 'image_url' && role === 'user') {
        images.push(readImage(part.image_url, `${path}.content`));
      } else {
        throw invalidRequest(
          `Invalid value: '${String(part.type)}'. Supported values are: 'text' and 'image_url'.`,
          `${path}.content`,
          'invalid_value',
        );
      }
    }
  });
  if (images.length > MOST_IMAGES)
    throw invalidRequest(`Too many images in request. The maximum is ${MOST_IMAGES}.`, 'messages');
  return { texts, userText: userTexts.join('\n'), images };
}

function readImage(image: unknown, path: string): { bytes: Uint8Array; detail: string } {
  const { url, detail = 'auto' } = (image ?? {}) as { url?: unknown; detail?: unknown };
  const [, type, data] = /^data:([\w.+/-]+);base64,(.*)$/s.exec(typeof url === 'string' ? url : '') ?? [];
  if (type === undefined || data === undefined) {
    // A real deployment would also download http(s) addresses; this one has no business on the network.
    throw invalidRequest(
      'Invalid image URL. The URL must be a valid HTTP or HTTPS URL, or a data URL with base64 encoding.',
      path,
      'BadRequest',
    );
  }
  if (!/^image\/(png|jpeg|gif|webp)$/.test(type)) {
    throw invalidRequest(
      "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].",
      path,
      'invalid_image_format',
    );
  }
  if (!isBase64(data)) throw invalidRequest('Invalid base64 image_url.', null, 'invalid_base64');
  if (detail !== 'auto' && detail !== 'low' && detail !== 'high') {
    throw invalidRequest(
      `Invalid value: '${String(detail)}'. Supported values are: 'low', 'high', and 'auto'.`,
      path,
      'invalid_value',
    );
  }
  const bytes = Buffer.from(data, 'base64');
  if (bytes.byteLength > BIGGEST_IMAGE_BYTES) {
    throw invalidRequest('Invalid image size: the image is larger than the maximum of 20 MB.', path, 'image_too_large');
  }
  return { bytes, detail };
}

function isBase64(data: string): boolean {
  return data.length > 0 && data.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(data);
}
