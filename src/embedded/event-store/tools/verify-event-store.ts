import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage } from '../../../wording/error-message.js';
import { lockFolder } from '../storage/folder-lock.js';
import { readHeadMark } from '../storage/head-mark.js';
import { LOG_START } from '../storage/log-state.js';
import { checkSequence, listSegments } from '../storage/open-log.js';
import {
  recordPosition,
  recordRemaining,
  recordRevision,
  recordStreamHash,
  recordStreamName,
  TOMBSTONE,
} from '../storage/record.js';
import { hasLaterDurableRecord, isUnwritten, type ScanResult, scanSegment } from '../storage/scan.js';
import { checksumOfFile, damagedAt, readSeal } from '../storage/seal.js';
import { closeSegment, plainPosition, type Segment } from '../storage/segment.js';
import { closeIndexFile, type IndexFile, lastEntry, openIndexFile } from '../stream-index/index-file.js';
import { streamHash } from '../stream-index/index-key.js';
import { readManifest } from '../stream-index/manifest.js';

export interface VerifyReport {
  /** True when no problem was found; there may still be notes. */
  readonly whole: boolean;
  /** What is wrong, and where. */
  readonly problems: readonly string[];
  /** What the next start will repair automatically. */
  readonly notes: readonly string[];
  readonly files: number;
  readonly bytes: number;
  readonly events: number;
}

const PROBLEMS_MAX = 100;

/**
 * Reads all of a store that isn't running and checks it: the checksum and place of every record, the seals of closed
 * files, the revisions of each stream, and the index against the log. It changes nothing. Errors: FolderInUseError,
 * those of reading a folder that doesn't exist.
 */
export async function verifyEventStore(dataDir: string): Promise<VerifyReport> {
  if (!existsSync(join(dataDir, 'log'))) throw new Error(`${dataDir} holds no event store`);
  const lock = lockFolder(dataDir);
  try {
    return await verify(dataDir);
  } finally {
    lock.release();
  }
}

async function verify(dataDir: string): Promise<VerifyReport> {
  const problems: string[] = [];
  const notes: string[] = [];
  const note = (list: string[], text: string) => {
    if (list.length < PROBLEMS_MAX) list.push(text);
  };
  const attempt = <T>(action: () => T): T | undefined => {
    try {
      return action();
    } catch (error) {
      note(problems, errorMessage(error));
      return undefined;
    }
  };
  const segments = attempt(() => listSegments(join(dataDir, 'log'), { tidy: false })) ?? [];
  attempt(() => checkSequence(segments));
  const index = openIndex(join(dataDir, 'index'), (text) => note(problems, text));
  const durable = Math.max(readHeadMark(dataDir) ?? LOG_START, index.coveredTo);
  let events = 0;
  let bytes = 0;
  let end = LOG_START;
  for (const segment of segments) {
    bytes += segment.fileBytes;
    const scan = attempt(() =>
      scanSegment(segment, (buffer, offset) => {
        events += 1;
        for (const problem of recordProblems(buffer, offset, index))
          note(problems, `${segment.path}: ${problem}`);
      }),
    );
    if (scan) {
      const isOpen = segment === segments.at(-1) && !segment.compacted;
      end = segment.compacted ? segment.end : plainPosition(segment, scan.wholeAppendsEndOffset);
      const state = endState(segment, scan, { isOpen, end, durable });
      if (state === 'torn') note(notes, tornWords(segment, scan.wholeAppendsEndOffset));
      if (state === 'damaged') note(problems, damagedAt(segment, scan.endOffset).message);
      if (!isOpen) checkSeal(segment, (text) => note(problems, text));
    }
    closeSegment(segment);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  if (end < index.coveredTo) {
    note(problems, `the index covers positions up to ${index.coveredTo}, the log ends at ${end}`);
  }
  for (const file of index.files) closeIndexFile(file);
  return { whole: problems.length === 0, problems, notes, files: segments.length, bytes, events };
}

/**
 * How a file ends: `torn` by a write that was never acknowledged, which only the file that is written to (`isOpen`) can
 * be. `end` is the position after its last whole append, and everything before `durable` was on disk.
 */
function endState(
  segment: Segment,
  { wholeAppendsEndOffset: wholeTo, endOffset }: ScanResult,
  { isOpen, end, durable }: { readonly isOpen: boolean; readonly end: number; readonly durable: number },
): 'whole' | 'torn' | 'damaged' {
  if (isOpen && end < durable) return 'damaged';
  // The newest file ends in reserved zeros when the store is running or was killed.
  if (wholeTo >= segment.fileBytes || (isOpen && isUnwritten(segment, wholeTo))) return 'whole';
  return isOpen && !hasLaterDurableRecord(segment, endOffset) ? 'torn' : 'damaged';
}

const tornWords = ({ path }: Segment, offset: number): string =>
  `${path}: the last write was torn at byte ${offset}; the next start cuts it off, nothing of it was acknowledged`;

function openIndex(folder: string, report: (problem: string) => void) {
  const manifest = readManifest(folder);
  const files: IndexFile[] = [];
  try {
    for (const info of manifest?.files ?? []) files.push(openIndexFile(folder, info));
    return { files, coveredTo: manifest?.coveredTo ?? LOG_START };
  } catch (error) {
    report(`${errorMessage(error)} (the next start makes it again from the log)`);
    for (const file of files) closeIndexFile(file);
    return { files: [], coveredTo: LOG_START };
  }
}

function* recordProblems(
  buffer: Buffer,
  offset: number,
  index: { files: readonly IndexFile[]; coveredTo: number },
): Generator<string> {
  const position = recordPosition(buffer, offset);
  const revision = recordRevision(buffer, offset);
  const hash = recordStreamHash(buffer, offset);
  const name = recordStreamName(buffer, offset);
  if (!hash.equals(streamHash(Buffer.from(name))))
    yield `the event at position ${position} names a stream that isn't its own`;
  if (recordRemaining(buffer, offset) > 0xffff)
    yield `the event at position ${position} belongs to an impossible append`;
  if (position >= index.coveredTo || index.files.length === 0) return;
  if (find(index.files, hash, revision)?.position !== position) {
    yield `the event at position ${position} (${name}@${revision}) is not in the index at its position`;
  }
  if (revision === 0 || revision === TOMBSTONE) return;
  const before = find(index.files, hash, revision - 1);
  if (before && before.position >= position) {
    yield `the event at position ${position} (${name}@${revision}) comes before the previous revision`;
  }
}

function find(files: readonly IndexFile[], hash: Buffer, revision: number) {
  for (let i = files.length - 1; i >= 0; i--) {
    const file = files[i];
    const entry = file && lastEntry(file, hash, revision);
    if (entry) return entry.revision === revision ? entry : undefined;
  }
  return undefined;
}

function checkSeal(segment: Segment, report: (problem: string) => void): void {
  const seal = readSeal(segment);
  if (!seal) return;
  if (seal.fileBytes !== segment.fileBytes || checksumOfFile(segment, seal.fileBytes) !== seal.checksum) {
    report(`${segment.path} is not what was sealed when it was closed`);
  }
}
