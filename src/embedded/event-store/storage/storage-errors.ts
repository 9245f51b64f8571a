/** The data on disk differs from what was written. The message says where. */
export class DamagedLogError extends Error {
  override readonly name = 'DamagedLogError';
}

/** The disk doesn't accept writes now; no part of the refused appends is kept. */
export class WriteRefusedError extends Error {
  override readonly name = 'WriteRefusedError';
}

/** The disk doesn't accept writes, and the written part of the append could not be removed. */
export class AppendUncertainError extends Error {
  override readonly name = 'AppendUncertainError';
}

/** No event starts at this position. */
export class InvalidPositionError extends Error {
  override readonly name = 'InvalidPositionError';
}

/** The code of a Node.js error, such as `ENOENT`; undefined for other errors. */
export function nodeErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
