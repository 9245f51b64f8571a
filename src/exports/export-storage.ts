/** How long an export can be downloaded. */
export const EXPORT_DAYS = 7;
/** Largest file of an export. */
const EXPORT_BYTES_MAX = 4 * 1024 ** 3;
const PART_BYTES = 1024 * 1024;

/** The finished file of an export. */
export interface ExportFile {
  readonly bytes: number;
  /** The time from which it can't be downloaded any more, milliseconds since 1970. */
  readonly endsAt: number;
}

/** An attempt's right to write the file of a run's export. */
export interface ExportWriting {
  readonly tenantId: string;
  readonly runId: string;
  readonly writing: string;
}

/**
 * Where the files of exports are stored, in parts. Each run has one file at most; of several attempts only the last
 * one that began can write it. Every call can be repeated when its answer was lost.
 */
export interface ExportStorage {
  /** Begins the file again and removes what earlier attempts left, unless one of them finished the file. */
  begin(tenantId: string, runId: string): Promise<ExportWriting | ExportFile>;
  /** Stores a part; they are numbered from 0. Errors: ExportWritingLostError. */
  addPart(writing: ExportWriting, part: number, bytes: Uint8Array): Promise<void>;
  /** Makes the file downloadable for `EXPORT_DAYS`. Errors: ExportWritingLostError. */
  finish(
    writing: ExportWriting,
    size: { readonly parts: number; readonly bytes: number },
  ): Promise<ExportFile>;
  /** Removes the parts that were written. Does nothing when another attempt has begun or the file is finished. */
  discard(writing: ExportWriting): Promise<void>;
}

/** Another attempt has begun to write the same file. */
export class ExportWritingLostError extends Error {
  override readonly name = 'ExportWritingLostError';
  constructor({ runId }: ExportWriting) {
    super(`Another attempt writes the export of run ${runId}.`);
  }
}

/** The file would be larger than `EXPORT_BYTES_MAX`. */
export class ExportTooLargeError extends Error {
  override readonly name = 'ExportTooLargeError';
}

/**
 * Stores the file of a run's export in parts. It reads the chunks as fast as it can store the parts. When an earlier
 * attempt finished the file, it returns that file and doesn't call `chunks`. Errors: those of the chunks and of the
 * storage, ExportTooLargeError; then no part of the file is left.
 */
export async function storeExport(
  storage: ExportStorage,
  { tenantId, runId }: { readonly tenantId: string; readonly runId: string },
  chunks: () => AsyncIterable<Uint8Array>,
): Promise<ExportFile> {
  const begun = await storage.begin(tenantId, runId);
  if (!('writing' in begun)) return begun;
  let [parts, bytes] = [0, 0];
  try {
    for await (const part of partsOf(chunks())) {
      bytes += part.length;
      if (bytes > EXPORT_BYTES_MAX)
        throw new ExportTooLargeError(`The file would be larger than ${EXPORT_BYTES_MAX} bytes.`);
      await storage.addPart(begun, parts, part);
      parts += 1;
    }
    return await storage.finish(begun, { parts, bytes });
  } catch (error) {
    // If this fails, the parts are removed later with the other unfinished files.
    await storage.discard(begun).catch(() => undefined);
    throw error;
  }
}

/** The same bytes in parts of one size; the last part is smaller. */
async function* partsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    size += chunk.length;
    if (size < PART_BYTES) continue;
    const whole = Buffer.concat(held);
    let from = 0;
    for (; size - from >= PART_BYTES; from += PART_BYTES) yield whole.subarray(from, from + PART_BYTES);
    held = [whole.subarray(from)];
    size -= from;
  }
  if (size > 0) yield Buffer.concat(held);
}
