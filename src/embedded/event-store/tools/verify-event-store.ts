import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage } from '../../../wording/error-message.js';
import { lockFolder } from '../storage/folder-lock.js';
import { readHeadMark } from '../storage/head-mark.js';
import { findLogEnd, missingAfter } from '../storage/log-end.js';
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
import { type ScanResult, scanSegment } from '../storage/scan.js';
import { damagedAt, readSeal } from '../storage/seal.js';
import { closeSegment, type Segment } from '../storage/segment.js';
import { compareWithSeal } from '../storage/segment-check.js';
import { closeIndexFile, type IndexFile, lastEntry, openIndexFile } from '../stream-index/index-file.js';
import { streamHash } from '../stream-index/index-key.js';
import { readManifest } from '../stream-index/manifest.js';

export interface VerifyReport {
  /** True when no problem was found; there may still be notes. */
  readonly whole: boolean;
  /** What is wrong, and where. The next start refuses the store, or its answers are wrong. */
  readonly problems: readonly string[];
  /** What the next start will repair automatically. */
  readonly notes: readonly string[];
  readonly files: number;
  readonly bytes: number;
  /** Events of whole appends. */
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
  const folder = join(dataDir, 'log');
  const segments = attempt(() => listSegments(folder, { tidy: false }));
  const index = openIndex(join(dataDir, 'index'), (text) => note(notes, text));
  const head = readHeadMark(dataDir);
  const durable = Math.max(head ?? LOG_START, index.coveredTo);
  if (head === undefined) note(notes, headMissing(dataDir, index.coveredTo));
  if (segments) attempt(() => checkExtent(folder, segments, durable));
  let events = 0;
  let bytes = 0;
  for (const segment of segments ?? []) {
    bytes += segment.fileBytes;
    let unfinished = 0;
    const scan = attempt(() =>
      scanSegment(segment, (buffer, offset) => {
        unfinished += 1;
        if (segment.compacted || recordRemaining(buffer, offset) === 0) {
          events += unfinished;
          unfinished = 0;
        }
        for (const problem of recordProblems(buffer, offset, index))
          note(problems, `${segment.path}: ${problem}`);
      }),
    );
    if (scan) {
      attempt(() => {
        if (segment !== segments?.at(-1) || segment.compacted) checkClosed(segment, scan);
        else if (findLogEnd(segment, scan, durable).torn)
          note(notes, tornWords(segment, scan.wholeAppendsEndOffset));
      });
    }
    closeSegment(segment);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  for (const file of index.files) closeIndexFile(file);
  const files = segments?.length ?? 0;
  return { whole: problems.length === 0, problems, notes, files, bytes, events };
}

const headMissing = (dataDir: string, coveredTo: number): string =>
  `${join(dataDir, 'head')} is missing or unreadable: only events up to position ${coveredTo} would be missed ` +
  'if the end of the log had been lost; the next start writes it again';

/** Checks that no file is missing. Errors: DamagedLogError. */
function checkExtent(folder: string, segments: readonly Segment[], durable: number): void {
  checkSequence(segments);
  const last = segments.at(-1);
  const end = last ? last.end : LOG_START;
  // The end of the file that is written to is looked for among its records.
  if ((!last || last.compacted) && end < durable) throw missingAfter(folder, end, durable);
}

/** Checks a closed log file, which an interrupted write can't have changed. Errors: DamagedLogError. */
function checkClosed(segment: Segment, { bad, endOffset }: ScanResult): void {
  if (bad) throw damagedAt(segment, endOffset);
  const seal = readSeal(segment);
  if (seal) compareWithSeal(segment, seal);
}

const tornWords = ({ path }: Segment, offset: number): string =>
  `${path}: the last write was torn at byte ${offset}; the next start cuts it off, nothing of it was acknowledged`;

function openIndex(folder: string, report: (note: string) => void) {
  const manifest = readManifest(folder);
  const files: IndexFile[] = [];
  try {
    for (const info of manifest?.files ?? []) files.push(openIndexFile(folder, info));
    return { files, coveredTo: manifest?.coveredTo ?? LOG_START };
  } catch (error) {
    report(`${errorMessage(error)}; the next start makes the index again from the log`);
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
    yield `the event at position ${position} (${name}@${revision}) is not in the index at its position; remove the folder ` +
      'index, and the next start makes it again from the log';
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
