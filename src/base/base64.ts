/** Bytes as base64 text (RFC 4648, section 4) and back: in browsers, workers and Node alike. */

/** Bytes that are handed to String.fromCharCode at once: arguments have a limit. */
const STEP = 8192;

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += STEP) binary += String.fromCharCode(...bytes.subarray(at, at + STEP));
  return btoa(binary);
}

/** Throws a DOMException on what is no base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
