import type { Clock } from '../../src/clock.js';
import type { EnvelopeContext } from '../../src/ledger/envelope.js';
import type { RawEvent, StoredEvent } from '../../src/ledger/event-log.js';
import type { EventRegistry } from '../../src/ledger/event-registry.js';
import { createLedger, type Ledger } from '../../src/ledger/ledger.js';
import { EMPTY_HEAD, headAfter, type StreamHead } from '../../src/ledger/stream-head.js';
import type { ProductDraft, ProductEvent } from '../../src/program/product-events.js';
import { productEvents } from '../../src/program/product-events.js';
import { operationStream, parseRunId, runIdOf } from '../../src/runs/run-streams.js';
import { createMemoryLog } from './memory-log.js';
import { createSeededChance, type SeededChance } from './seeded-chance.js';

type Data<Type extends ProductDraft['type']> = Extract<ProductDraft, { type: Type }>['data'];

/** Writes real, hash-chained events into a log in memory. Its clock moves a little with every append. */
export interface EventBuilder {
  readonly log: ReturnType<typeof createMemoryLog>;
  readonly ledger: Ledger;
  readonly chance: SeededChance;
  /** The clock of the events. Each reading moves it on. */
  readonly clock: Clock;
  /** How far the clock of the events is ahead of the log's clock, which is right. */
  setClockAhead(ms: number): void;
  /** Moves the clock before the next event. */
  pass(ms: number): void;
  /** Appends to the end of a stream. */
  append(
    stream: string,
    drafts: readonly ProductDraft[],
    context?: Partial<EnvelopeContext>,
  ): Promise<readonly ProductEvent[]>;
  /** Takes over events as a store returned them. It must be called before anything else is written. */
  restore(events: readonly RawEvent[]): Promise<void>;
  /** Queues a run in the stream of an operation's key. Returns the run's id. */
  queue(tenantId: string, key: string, data?: Partial<Data<'RunQueued'>>): Promise<string>;
  /** Appends to a run. */
  toRun(
    tenantId: string,
    runId: string,
    ...drafts: readonly ProductDraft[]
  ): Promise<readonly ProductEvent[]>;
}

const BEGINNING = Date.UTC(2026, 0, 5, 8, 0, 0);
const STEP_MS = 137;

/** `beginning` is the time of the first event, milliseconds since 1970. */
export function createEventBuilder(
  seed = 1,
  beginning = BEGINNING,
  events: EventRegistry = productEvents,
): EventBuilder {
  let now = beginning;
  let aheadMs = 0;
  const log = createMemoryLog(() => now);
  const chance = createSeededChance(seed);
  const clock: Clock = {
    now() {
      now += STEP_MS;
      return now + aheadMs;
    },
    monotonicMs: () => now,
    sleep: async () => undefined,
  };
  const ledger = createLedger({ events, log, clock, chance });
  const heads = new Map<string, StreamHead>();
  const attempts = new Map<string, number>();

  async function append(
    stream: string,
    drafts: readonly ProductDraft[],
    context: Partial<EnvelopeContext> = {},
  ): Promise<readonly ProductEvent[]> {
    const { events, head } = await ledger.append(stream, heads.get(stream) ?? EMPTY_HEAD, drafts, {
      actor: { kind: 'system', id: 'builder' },
      correlationId: chance.uuid(),
      causationId: chance.uuid(),
      ...context,
    });
    heads.set(stream, head);
    return events as readonly ProductEvent[];
  }

  async function restore(events: readonly RawEvent[]): Promise<void> {
    for (const { stream, revision, id, type, data, metadata } of events) {
      const stored = { id, type, data, metadata } as StoredEvent;
      await log.append(stream, [stored], revision - 1);
    }
    for (const { stream } of events) heads.set(stream, headAfter(await ledger.last(stream)));
  }

  async function queue(
    tenantId: string,
    key: string,
    data: Partial<Data<'RunQueued'>> = {},
  ): Promise<string> {
    const stream = operationStream(tenantId, key);
    const runStart = (heads.get(stream) ?? headAfter(undefined)).revision + 1;
    const runId = runIdOf(key, runStart);
    const queued: Data<'RunQueued'> = {
      type: 'inventory.sync',
      definitionVersion: 1,
      scope: {},
      context: {},
      initiator: { kind: 'api', clientId: 'builder' },
      total: null,
      input: {},
      causedBy: null,
      related: [],
      title: 'Inventory of all policies',
      ...data,
    };
    await append(stream, [{ type: 'RunQueued', data: queued }], { tenantId, runId, runStart });
    return runId;
  }

  async function toRun(tenantId: string, runId: string, ...drafts: readonly ProductDraft[]) {
    const parsed = parseRunId(runId);
    if (!parsed) throw new TypeError(`not a run id: ${runId}`);
    for (const draft of drafts) if (draft.type === 'RunStarted') attempts.set(runId, draft.data.attempt);
    const attempt = attempts.get(runId);
    return append(operationStream(tenantId, parsed.key), drafts, {
      tenantId,
      runId,
      runStart: parsed.startRevision,
      actor: { kind: 'worker', id: 'worker-1' },
      ...(attempt === undefined ? {} : { attempt }),
    });
  }

  const setClockAhead = (ms: number): void => {
    aheadMs = ms;
  };

  const pass = (ms: number): void => {
    now += ms;
  };

  return { log, ledger, chance, clock, setClockAhead, pass, append, restore, queue, toRun };
}
