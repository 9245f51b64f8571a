import type { EventLog, RawEvent } from './event-log.js';
import { brokenLink } from './hash-chain.js';
import { EVERY_STREAM, streamIsOf } from './streams.js';

/** An event that breaks its stream's hash chain. */
export interface BrokenEvent {
  readonly stream: string;
  readonly revision: number;
  readonly reason: string;
}

export interface HistoryReport {
  readonly events: number;
  readonly streams: number;
  /** Position of the last event that was checked; -1 for none. */
  readonly position: number;
  /** The first broken events. */
  readonly broken: readonly BrokenEvent[];
  readonly brokenCount: number;
}

const BROKEN_KEPT_MAX = 1_000;

interface Link {
  readonly revision: number;
  readonly hash: string;
}

/**
 * Reads the log from its beginning to its current end and checks every stream's hash chain. A stream whose beginning
 * was truncated is checked from its first remaining event. Keeps one hash per stream in memory, about 200 MB for a
 * million streams. Errors: LogUnavailableError.
 */
export async function verifyHistory(
  log: EventLog,
  { tenantId }: { readonly tenantId?: string | undefined } = {},
): Promise<HistoryReport> {
  const links = new Map<string, Link>();
  const broken: BrokenEvent[] = [];
  let [events, brokenCount, position] = [0, 0, -1];
  const reading = new AbortController();
  const head = await log.head();
  for await (const item of log.subscribe({
    after: undefined,
    streamPrefixes: EVERY_STREAM,
    signal: reading.signal,
  })) {
    if (item.kind === 'caught-up' || (item.kind === 'event' && item.event.position > head)) break;
    if (item.kind !== 'event') continue;
    const { event } = item;
    position = event.position;
    if (tenantId !== undefined && !streamIsOf(event.stream, tenantId)) continue;
    events += 1;
    const reason = brokenIn(event, links.get(event.stream));
    links.set(event.stream, { revision: event.revision, hash: hashOf(event) });
    if (reason === undefined) continue;
    brokenCount += 1;
    if (broken.length < BROKEN_KEPT_MAX)
      broken.push({ stream: event.stream, revision: event.revision, reason });
  }
  reading.abort();
  return { events, streams: links.size, position, broken, brokenCount };
}

function brokenIn(event: RawEvent, before: Link | undefined): string | undefined {
  if (before && event.revision !== before.revision + 1)
    return `${event.revision - before.revision - 1} events before it are missing`;
  if (before || event.revision === 0) return brokenLink(event, before?.hash ?? '');
  // The events before the first remaining one were truncated on purpose, so only its own hash can be checked.
  return brokenLink(event, previousHashOf(event));
}

const hashOf = (event: RawEvent): string => metadataText(event, 'hash');
const previousHashOf = (event: RawEvent): string => metadataText(event, 'prevHash');

function metadataText({ metadata }: RawEvent, name: string): string {
  const value =
    typeof metadata === 'object' &&
    metadata !== null &&
    Object.entries(metadata).find(([key]) => key === name);
  return value && typeof value[1] === 'string' ? value[1] : '';
}
