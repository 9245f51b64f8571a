import { streamsOfBloomFilter } from './bloom-filter.js';
import {
  createIndexFileWriter,
  type IndexFile,
  type IndexFileWriter,
  readIndexEntries,
} from './index-file.js';
import { ENTRY_BYTES, KEY_BYTES } from './index-key.js';

/** Entries read from a file at once, and merged before the time is looked at. */
const READ_ENTRIES = 2048;
/** How long the merging may hold up calls. */
const SLICE_MS = 2;
/** Four files of similar size are merged into one. */
const MERGE_WIDTH = 4;

interface Input {
  readonly file: IndexFile;
  readonly buffer: Buffer;
  next: number;
  at: number;
  filled: number;
}

/**
 * The files to merge next: the oldest neighbours of similar size, or undefined. Merging the oldest first keeps the
 * sizes in decreasing order from old to new, so that no small file stays between large ones.
 */
export function filesToMerge(
  files: readonly IndexFile[],
  smallest: number,
): readonly IndexFile[] | undefined {
  const levelOf = ({ entries }: IndexFile) =>
    Math.max(0, Math.floor(Math.log(entries / smallest) / Math.log(MERGE_WIDTH) + 0.5));
  for (let first = 0; first + MERGE_WIDTH <= files.length; first++) {
    const candidates = files.slice(first, first + MERGE_WIDTH);
    const levels = candidates.map(levelOf);
    if (levels.every((level) => level === levels[0])) return candidates;
  }
  return undefined;
}

/**
 * Merges index files into one, in short steps so that calls don't wait. Resolves with undefined when `cancelled`
 * became true.
 */
export async function mergeIndexFiles(
  folder: string,
  name: string,
  files: readonly IndexFile[],
  cancelled: () => boolean,
): Promise<IndexFile | undefined> {
  const [first, last] = [files[0], files.at(-1)];
  if (!first || !last) throw new Error('there is nothing to merge');
  const entries = files.reduce((sum, file) => sum + file.entries, 0);
  const streamsMax = files.reduce((sum, file) => sum + streamsOfBloomFilter(file.bloom), 0);
  const info = { name, from: first.from, to: last.to };
  const writer = createIndexFileWriter(folder, info, { entriesMax: entries, streamsMax });
  const inputs = files.map(
    (file): Input => ({
      file,
      buffer: Buffer.allocUnsafe(Math.min(READ_ENTRIES, file.entries) * ENTRY_BYTES),
      next: 0,
      at: 0,
      filled: 0,
    }),
  );
  try {
    let open: readonly Input[] = inputs.filter(refill);
    while (open.length > 0) {
      const sliceEnd = performance.now() + SLICE_MS;
      while (open.length > 0 && performance.now() < sliceEnd) open = mergeSome(open, writer);
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (cancelled()) {
        writer.abandon();
        return undefined;
      }
    }
    return writer.finish();
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/** Writes the next entries in the order of their keys and returns the inputs that have more. */
function mergeSome(inputs: readonly Input[], writer: IndexFileWriter): readonly Input[] {
  let open = inputs;
  for (let i = 0; i < READ_ENTRIES && open.length > 0; i++) {
    const smallest = smallestOf(open);
    writer.add(smallest.buffer, smallest.at);
    smallest.at += ENTRY_BYTES;
    const isRead = smallest.at >= smallest.filled && !refill(smallest);
    if (isRead) open = open.filter((input) => input !== smallest);
  }
  return open;
}

/** Reads the next entries of an input into its buffer. False when there are none. */
function refill(input: Input): boolean {
  const got = readIndexEntries(input.file, input.next, READ_ENTRIES, input.buffer);
  input.next += got;
  input.at = 0;
  input.filled = got * ENTRY_BYTES;
  return got > 0;
}

/** The input with the smallest key; for equal keys, the one of the oldest file. */
function smallestOf(inputs: readonly Input[]): Input {
  let smallest = inputs[0];
  for (const input of inputs) {
    if (!smallest) smallest = input;
    else if (input !== smallest && compareKeys(input, smallest) < 0) smallest = input;
  }
  if (!smallest) throw new Error('there is nothing to merge');
  return smallest;
}

function compareKeys(a: Input, b: Input): number {
  return a.buffer.compare(b.buffer, b.at, b.at + KEY_BYTES, a.at, a.at + KEY_BYTES);
}
