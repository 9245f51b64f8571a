import { appVersion } from '../app-version.js';
import type { Chance, Clock } from '../clock.js';
import { type EventDraft, eventRegistry, type LedgerEvent } from '../events.js';
import { SANITIZER_VERSION } from '../sanitize/index.js';
import { assertStorable } from './canonical-json.js';
import { CHAIN, type Envelope, type EnvelopeContext } from './envelope.js';
import {
  AppendOutcomeUnknownError,
  type EventLog,
  LogUnavailableError,
  NO_EVENTS,
  type RawEvent,
  type ReadOptions,
  RevisionConflictError,
  type StoredEvent,
} from './event-log.js';
import { hashOfData, hashOfLink } from './hash-chain.js';

/** Where a stream ends: what the next append must know to continue its chain. */
export interface StreamHead {
  /** -1 for a stream without events. */
  readonly revision: number;
  /** The last event's `hash`; empty without one. */
  readonly hash: string;
  /** The last event's `at`, milliseconds since 1970; 0 without one. */
  readonly at: number;
}

export const EMPTY_HEAD: StreamHead = { revision: NO_EVENTS, hash: '', at: 0 };

export interface Appended {
  readonly head: StreamHead;
  /** Commit position of the last event. */
  readonly position: number;
  /** The events as they will be read; `position` of all but the last is that of the last. */
  readonly events: readonly LedgerEvent[];
}

export interface AppendOptions {
  /** How long to go on while answers are lost or the log is away, before that is thrown. */
  readonly settleWithinMs?: number;
  /** Throws LogUnavailableError at once when the log can't be reached, as long as nothing has been sent. */
  readonly failsWhenAway?: boolean;
  /** Ends the waiting for an answer: AppendOutcomeUnknownError. */
  readonly signal?: AbortSignal;
}

export interface Ledger {
  readonly log: EventLog;
  /**
   * Appends drafts after `head`, sealed into the stream's chain. An append whose answer is lost is repeated with
   * the same events and the same expectation until it is known. Errors: RevisionConflictError,
   * AppendOutcomeUnknownError, LogUnavailableError (nothing was written), z.ZodError and UnstorableValueError for
   * drafts that must not enter the log.
   */
  append(
    stream: string,
    head: StreamHead,
    drafts: readonly EventDraft[],
    context: EnvelopeContext,
    options?: AppendOptions,
  ): Promise<Appended>;
  /** Reads a stream, checked and upcast. Errors: LogUnavailableError, UnknownEventError, DamagedEventError. */
  read(stream: string, options?: ReadOptions): AsyncIterable<LedgerEvent>;
  /** The last event of a stream, or undefined. */
  last(stream: string): Promise<LedgerEvent | undefined>;
}

const SETTLE_WITHIN_MS = 60_000;
const RETRY_FIRST_MS = 50;
const RETRY_LONGEST_MS = 2_000;

/** The head that an event leaves its stream at. */
export function headAfter(event: LedgerEvent | undefined): StreamHead {
  if (!event) return EMPTY_HEAD;
  return { revision: event.revision, hash: event.envelope.hash, at: Date.parse(event.envelope.at) };
}

export function createLedger(deps: { log: EventLog; clock: Clock; chance: Chance }): Ledger {
  const { log, clock, chance } = deps;

  async function append(
    stream: string,
    head: StreamHead,
    drafts: readonly EventDraft[],
    context: EnvelopeContext,
    options: AppendOptions = {},
  ): Promise<Appended> {
    if (drafts.length === 0) throw new TypeError('an append needs at least one event');
    const at = Math.max(clock.now(), head.at);
    const sealed = seal(stream, head, drafts, context, at, () => chance.uuid());
    const { position } = await settle(stream, sealed, head.revision, options);
    const events = sealed.map((event, index) => recorded(stream, head.revision + 1 + index, position, event));
    return { head: headAfter(events.at(-1)), position, events };
  }

  async function settle(
    stream: string,
    events: readonly SealedEvent[],
    expected: number,
    options: AppendOptions,
  ): Promise<{ position: number }> {
    const giveUpAt = clock.monotonicMs() + (options.settleWithinMs ?? SETTLE_WITHIN_MS);
    /** The first trouble after which the events may be in the log. */
    let unknown: AppendOutcomeUnknownError | undefined;
    for (let tries = 0; ; tries++) {
      const timeoutMs = Math.max(1, giveUpAt - clock.monotonicMs());
      try {
        return await appendOnce(stream, events, expected, {
          afterLostAnswer: tries > 0,
          timeoutMs,
          ...options,
        });
      } catch (error) {
        if (error instanceof AppendOutcomeUnknownError) unknown ??= error;
        else if (!(error instanceof LogUnavailableError)) throw error;
        else if (options.failsWhenAway && !unknown) throw error;
        if (clock.monotonicMs() >= giveUpAt || options.signal?.aborted) throw unknown ?? error;
        const longest = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** tries);
        await clock.sleep(longest * (0.5 + chance.fraction() / 2), options.signal);
      }
    }
  }

  async function appendOnce(
    stream: string,
    events: readonly SealedEvent[],
    expected: number,
    {
      afterLostAnswer,
      timeoutMs,
      signal,
    }: { afterLostAnswer: boolean; timeoutMs: number; signal?: AbortSignal },
  ): Promise<{ position: number }> {
    try {
      return await answeredBefore(signal, stream, log.append(stream, events, expected, { timeoutMs }));
    } catch (error) {
      if (!(error instanceof RevisionConflictError) || !afterLostAnswer) throw error;
      const position = await positionOfOurs(stream, events, expected).catch((reading: unknown) => {
        // Without a look at the stream the conflict may be our own: still unknown.
        if (reading instanceof LogUnavailableError) throw new AppendOutcomeUnknownError(stream, reading);
        throw reading;
      });
      if (position === undefined) throw error;
      return { position };
    }
  }

  /** After a lost answer a conflict may be our own events: their ids decide. */
  async function positionOfOurs(stream: string, events: readonly SealedEvent[], expected: number) {
    let index = 0;
    let position: number | undefined;
    for await (const event of log.read(stream, { fromRevision: expected + 1, maxCount: events.length })) {
      if (event.id !== events[index]?.id) return undefined;
      position = event.position;
      index += 1;
    }
    return index === events.length ? position : undefined;
  }

  async function* read(stream: string, options?: ReadOptions): AsyncGenerator<LedgerEvent> {
    for await (const event of log.read(stream, options)) yield eventRegistry.decode(event);
  }

  async function last(stream: string): Promise<LedgerEvent | undefined> {
    for await (const event of read(stream, { direction: 'backwards', maxCount: 1 })) return event;
    return undefined;
  }

  return { log, append, read, last };
}

/** An answer that comes before the signal aborts; after that the append's outcome is unknown. */
async function answeredBefore<T>(
  signal: AbortSignal | undefined,
  stream: string,
  answer: Promise<T>,
): Promise<T> {
  if (!signal) return answer;
  answer.catch(() => undefined);
  let stop: () => void = () => undefined;
  const given = new Promise<never>((_, reject) => {
    stop = () => reject(new AppendOutcomeUnknownError(stream, signal.reason));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([answer, given]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

interface SealedEvent extends StoredEvent {
  readonly envelope: Envelope;
}

/** Checks drafts and links them to the stream's chain. */
export function seal(
  stream: string,
  head: StreamHead,
  drafts: readonly EventDraft[],
  context: EnvelopeContext,
  at: number,
  newId: () => string,
): SealedEvent[] {
  const time = new Date(at).toISOString();
  let prevHash = head.hash;
  return drafts.map((draft, index) => {
    const { type } = draft;
    const { data, version } = eventRegistry.encode(draft);
    assertStorable(data);
    const id = newId();
    const revision = head.revision + 1 + index;
    const metadata = linkMetadata(context, { at: time, dataHash: hashOfData(data), prevHash, version });
    const hash = hashOfLink({ id, metadata, revision, stream, type });
    metadata.hash = hash;
    prevHash = hash;
    return { id, type, data, metadata, envelope: envelopeOf(metadata, version, context) };
  });
}

/** An event's metadata without its hash. In canonical order, which spares sorting it for that. */
function linkMetadata(
  { actor, correlationId, causationId, tenantId, runId, runStart, attempt }: EnvelopeContext,
  sealed: {
    readonly at: string;
    readonly dataHash: string;
    readonly prevHash: string;
    readonly version: number;
  },
): Record<string, string> {
  const metadata: Record<string, string> = {
    $causationId: causationId,
    $correlationId: correlationId,
    actorId: actor.id,
    actorKind: actor.kind,
    appVersion,
    at: sealed.at,
  };
  if (attempt !== undefined) metadata.attempt = String(attempt);
  metadata.chain = CHAIN;
  metadata.dataHash = sealed.dataHash;
  metadata.prevHash = sealed.prevHash;
  if (runId !== undefined) metadata.runId = runId;
  if (runStart !== undefined) metadata.runStart = String(runStart);
  metadata.sanitizerVersion = SANITIZER_VERSION;
  metadata.schemaVersion = String(sealed.version);
  if (tenantId !== undefined) metadata.tenantId = tenantId;
  return metadata;
}

/** The metadata as `envelopeSchema` would read it back. */
function envelopeOf(
  metadata: Readonly<Record<string, string>>,
  schemaVersion: number,
  { runStart, attempt }: EnvelopeContext,
): Envelope {
  const envelope: Record<string, string | number> = { ...metadata, schemaVersion };
  if (runStart !== undefined) envelope.runStart = runStart;
  if (attempt !== undefined) envelope.attempt = attempt;
  return envelope as Envelope;
}

function recorded(stream: string, revision: number, position: number, event: SealedEvent): LedgerEvent {
  const { id, type, data, metadata, envelope } = event;
  const raw: RawEvent = { stream, revision, position, id, type, data, metadata };
  return { type, data, stream, revision, position, id, envelope, raw } as LedgerEvent;
}
