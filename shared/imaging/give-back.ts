/**
 * Gives the memory of bytes back at once; they are gone then, and nothing, no decoder on another thread either, may be reading them any more.
 * They lie outside the heap, so that the collector sees no reason to hurry: a process that reads one photo after another would hold the files
 * and pixels of a dozen. Of bytes that are a part of something larger nothing is done.
 */
export function giveBack(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) buffer.transfer(0);
}
