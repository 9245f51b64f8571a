import { createHash } from 'node:crypto';
import { startEventStore } from '../event-store-server.js';
import { parseStreamMetadata, withTruncateBefore } from '../store/stream-metadata.js';
import { isMetastream, METADATA_EVENT_TYPE, metastreamOf, originalOf } from '../store/system-names.js';
import { type CopiedEvent, readAllRaw, readOneRaw, TOMBSTONE_COPY } from './copy-source.js';
import { CopyConflictError, type CopyTarget, openCopyTarget, type TargetAppend } from './copy-target.js';
import { connectRaw, type RawClient } from './raw-client.js';

export interface CopyOptions {
  /** The folder of a store that isn't running, or the `esdb://` address of a running one. */
  readonly from: string;
  /** `esdb://` address. */
  readonly to: string;
  readonly onProgress?: (copied: CopyReport) => void;
}

export interface CopyReport {
  readonly events: number;
  readonly streams: number;
  /** Events that replace truncated ones. */
  readonly placeholders: number;
}

/** Type of the events that take the revisions of truncated ones; they are truncated at the end of the copy. */
const PLACEHOLDER_TYPE = 'opsledger.truncated';
const APPEND_EVENTS_MAX = 500;
const APPEND_BYTES_MAX = 512 * 1024;
const PROGRESS_EVENTS = 10_000;
const EMPTY_OBJECT = Buffer.from('{}');
const NOTHING = Buffer.alloc(0);

/**
 * Copies every event into another server: stream names, revisions, ids, types, data and metadata, in the order of the
 * log. Positions and creation times are the target's own. System streams (names that begin with `$`, except stream
 * metadata) are not copied. It may be run again after an interruption and skips what is already there. Errors:
 * CopyConflictError, FolderInUseError, those of connections.
 */
export async function copyEventStore({ from, to, onProgress }: CopyOptions): Promise<CopyReport> {
  const server = from.startsWith('esdb') ? undefined : await startEventStore({ dataDir: from });
  const source = connectRaw(server?.url ?? from);
  const target = connectRaw(to);
  try {
    return await copyAll(source, target, onProgress);
  } finally {
    source.close();
    target.close();
    await server?.stop();
  }
}

/** The state of a stream while it is copied. */
interface StreamProgress {
  next: number;
  /** Revisions below this are placeholders. */
  filledTo: number;
  metadata: Buffer | undefined;
}

async function copyAll(
  source: RawClient,
  target: RawClient,
  onProgress: CopyOptions['onProgress'],
): Promise<CopyReport> {
  const streams = new Map<string, StreamProgress>();
  /** Streams that are permanently deleted in the target, as by an earlier, interrupted copy. */
  const ended = new Map<string, TargetAppend>();
  const out = openCopyTarget(target, async (append, reason) => {
    if (reason !== 'StreamDeleted') return isAlreadyWritten(target, append);
    ended.set(append.stream, append);
    return true;
  });
  let events = 0;
  let placeholders = 0;
  const report = (): CopyReport => ({ events, streams: streams.size, placeholders });
  const batch = createBatch(out);

  async function endStream(name: string): Promise<void> {
    await batch.flush();
    await out.tombstone(name);
    ended.delete(name);
    ended.delete(metastreamOf(name));
    streams.delete(name);
  }

  /** Copies an event, after placeholders for the truncated ones before it. */
  async function copyEvent(event: CopiedEvent): Promise<void> {
    const stream = streams.get(event.stream) ?? { next: 0, filledTo: 0, metadata: undefined };
    streams.set(event.stream, stream);
    for (; stream.next < event.revision; stream.next++) {
      await batch.add(placeholder(event.stream, stream.next));
      stream.filledTo = stream.next + 1;
      placeholders += 1;
    }
    await batch.add(event);
    stream.next = event.revision + 1;
    if (isMetastream(event.stream)) stream.metadata = Buffer.from(event.data);
  }

  for await (const event of readAllRaw(source)) {
    if (isOfSystem(event.stream)) continue;
    if (event.revision === TOMBSTONE_COPY) await endStream(event.stream);
    else await copyEvent(event);
    events += 1;
    if (events % PROGRESS_EVENTS === 0) onProgress?.(report());
  }
  await batch.flush();
  await out.settled();
  await hidePlaceholders(streams, batch);
  await out.settled();
  out.close();
  for (const append of ended.values()) throw new CopyConflictError(append, 'the stream was ended there');
  return report();
}

const isOfSystem = (stream: string): boolean =>
  isMetastream(stream) ? originalOf(stream).startsWith('$') : stream.startsWith('$');

function placeholder(stream: string, revision: number): CopiedEvent {
  const hex = createHash('sha256').update(`${stream}@${revision}`).digest('hex');
  // Derived from the name, so that a repeated copy makes the same id.
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  const type = isMetastream(stream) ? METADATA_EVENT_TYPE : PLACEHOLDER_TYPE;
  const contentType = 'application/json';
  return { stream, revision, id, type, contentType, data: EMPTY_OBJECT, metadata: NOTHING, position: '' };
}

/** Collects neighbouring events of one stream into one append. */
function createBatch(out: CopyTarget) {
  let events: CopiedEvent[] = [];
  let bytes = 0;

  async function flush(): Promise<void> {
    const [first] = events;
    if (!first) return;
    const append: TargetAppend = { stream: first.stream, first: first.revision, events };
    events = [];
    bytes = 0;
    await out.append(append);
  }

  return {
    flush,
    async add(event: CopiedEvent): Promise<void> {
      const size = event.data.length + event.metadata.length + 2 * event.type.length;
      const fits = events.length < APPEND_EVENTS_MAX && bytes + size <= APPEND_BYTES_MAX;
      if (events[0] && (events[0].stream !== event.stream || !fits)) await flush();
      events.push(event);
      bytes += size;
    },
  };
}

/** Truncates the placeholders where the stream's own metadata doesn't hide them. */
async function hidePlaceholders(
  streams: ReadonlyMap<string, StreamProgress>,
  batch: ReturnType<typeof createBatch>,
): Promise<void> {
  for (const [name, { filledTo, next }] of streams) {
    if (filledTo === 0 || isMetastream(name)) continue;
    const meta = streams.get(metastreamOf(name));
    const { maxCount, truncateBefore } = parseStreamMetadata(meta?.metadata ?? EMPTY_OBJECT);
    const visible = Math.max(truncateBefore ?? 0, maxCount === undefined ? 0 : next - maxCount);
    if (visible >= filledTo) continue;
    const revision = meta?.next ?? 0;
    const data = withTruncateBefore(meta?.metadata ?? EMPTY_OBJECT, filledTo);
    await batch.add({ ...placeholder(metastreamOf(name), revision), data });
  }
  await batch.flush();
}

/**
 * Whether the conflicting event is metadata with the same data. Appending to a deleted stream makes the target write
 * its own metadata at a revision where the source has the same metadata under another id.
 */
async function isAlreadyWritten(
  target: RawClient,
  { stream, first, events }: TargetAppend,
): Promise<boolean> {
  if (!isMetastream(stream)) return false;
  for (const [i, event] of events.entries()) {
    const found = await readOneRaw(target, stream, first + i);
    if (!found || found.type !== event.type || !sameJson(found.data, event.data)) return false;
  }
  return true;
}

function sameJson(a: Uint8Array, b: Uint8Array): boolean {
  const parse = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString('utf8'));
  try {
    return JSON.stringify(parse(a)) === JSON.stringify(parse(b));
  } catch {
    return false;
  }
}
