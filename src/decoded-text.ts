/** The text of a file is neither UTF-8 nor UTF-16. */
export class UnreadableTextError extends Error {
  override readonly name = 'UnreadableTextError';
}

/**
 * The text of a file that a person wrote or exported: UTF-16 in either byte order (PowerShell's habit) or UTF-8, with or without a
 * byte order mark. Errors: UnreadableTextError.
 */
export function decodedText(bytes: Uint8Array): string {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableTextError('is neither UTF-8 nor UTF-16 text');
  }
}

/** Without a byte order mark, UTF-16 is recognised by the zero byte beside the first character, which is ASCII in JSON, PEM and secrets. */
function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first !== undefined && first !== 0 && second === 0) return 'utf-16le';
  if (first === 0 && second !== undefined && second !== 0) return 'utf-16be';
  return 'utf-8';
}
