import type { RawEvent } from './event-log.js';
import { brokenLink } from './hash-chain.js';

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
 * Checks events one after the other, each against the one before it in its stream. A stream that begins later than at
 * revision 0 is checked from its first event on. Keeps one hash per stream in memory.
 */
export function createChainCheck() {
  const links = new Map<string, Link>();
  const broken: BrokenEvent[] = [];
  let [events, brokenCount, position] = [0, 0, -1];
  return {
    check(event: RawEvent): void {
      events += 1;
      position = event.position;
      const { stream, revision } = event;
      const reason = chainProblemOf(event, links.get(stream));
      links.set(stream, { revision, hash: metadataText(event, 'hash') });
      if (reason === undefined) return;
      brokenCount += 1;
      if (broken.length < BROKEN_KEPT_MAX) broken.push({ stream, revision, reason });
    },
    report: (): HistoryReport => ({ events, streams: links.size, position, broken, brokenCount }),
  };
}

function chainProblemOf(event: RawEvent, before: Link | undefined): string | undefined {
  if (before && event.revision !== before.revision + 1)
    return event.revision > before.revision
      ? `${event.revision - before.revision - 1} events before it are missing`
      : 'it stands after a later event';
  if (before || event.revision === 0) return brokenLink(event, before?.hash ?? '');
  // The events before the first one are not there, so only its own hash can be checked.
  return brokenLink(event, metadataText(event, 'prevHash'));
}

function metadataText({ metadata }: RawEvent, name: string): string {
  const value =
    typeof metadata === 'object' &&
    metadata !== null &&
    Object.entries(metadata).find(([key]) => key === name);
  return value && typeof value[1] === 'string' ? value[1] : '';
}
