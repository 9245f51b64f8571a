import type { EventLog, RawEvent } from '../../src/ledger/event-log.js';
import { brokenLink } from '../../src/ledger/hash-chain.js';
import { EVERY_STREAM } from '../../src/ledger/streams.js';
import { originsOf, type RepeatedFrom } from '../../src/runs/repeated-items.js';

/**
 * How far two clocks may differ that both write: a minute each from the event store's. A stream's times run back
 * only by more than that, when every clock at once was set back, and then nobody knows which time was right.
 */
const EXPLAINED_MS = 120_000;

/** The result of a start, as its caller recorded it. */
export interface StartAnswer {
  readonly tenantId: string;
  readonly runId: string;
  readonly kind: 'started' | 'reused';
}

/** A change that the target accepted, from the target's own log. */
export interface TargetChange {
  readonly runId: string;
  readonly itemId: string;
  readonly action: string;
  /** The id that came with the request; undefined when the target records none. */
  readonly clientRequestId: string | undefined;
}

export interface Evidence {
  readonly answers?: readonly StartAnswer[];
  readonly effects?: readonly TargetChange[];
  /** Whether everything had time to end, so that no run may be open. */
  readonly settled: boolean;
}

/**
 * Reads a whole log and returns the promises that it breaks, as sentences that begin with the promise's number; none
 * for a correct log. It knows only the promises (docs/reliability.md) and not the code that keeps them: events are read
 * as the store returns them.
 */
export async function brokenPromises(log: EventLog, evidence: Evidence): Promise<readonly string[]> {
  return brokenPromisesOf(await wholeLog(log), evidence);
}

/** Every event of the ledger's streams, in the order of the log. */
export async function wholeLog(log: EventLog): Promise<readonly RawEvent[]> {
  const events: RawEvent[] = [];
  const reading = new AbortController();
  for await (const seen of log.subscribe({
    after: undefined,
    streamPrefixes: EVERY_STREAM,
    signal: reading.signal,
  })) {
    if (seen.kind === 'event') events.push(seen.event);
    if (seen.kind === 'caught-up') reading.abort();
  }
  return events;
}

/** The same check for events that have been read already. */
export function brokenPromisesOf(events: readonly RawEvent[], evidence: Evidence): readonly string[] {
  const broken: string[] = [];
  const streams = new Map<string, StreamCheck>();
  let position = -1;
  for (const event of events) {
    // Events of one append may have the same position.
    if (event.position < position) broken.push(`P6 ${at(event)} stands before its predecessor in the log`);
    position = event.position;
    let check = streams.get(event.stream);
    if (!check) {
      check = new StreamCheck(broken);
      streams.set(event.stream, check);
    }
    check.take(event);
  }
  const runs = new Map([...streams.values()].flatMap(({ runs }) => [...runs]));
  if (evidence.settled)
    for (const run of runs.values())
      if (!run.ended) broken.push(`P4 run ${run.runId} never ended: nobody is responsible for it`);
  checkAnswers(evidence.answers ?? [], runs, broken);
  checkEffects(evidence.effects ?? [], runs, broken);
  return broken;
}

interface CheckedEffect {
  readonly itemId: string;
  readonly action: string;
  readonly attempt: number;
  outcome: string | undefined;
}

interface CheckedRun {
  readonly runId: string;
  readonly tenantId: string;
  readonly items: Map<string, string>;
  /** Effects by the id of their request. */
  readonly effects: Map<string, CheckedEffect>;
  attempt: number;
  running: boolean;
  ended: boolean;
}

/** The place of one stream in its hash chain and, for the stream of an operation, the state of its runs. */
class StreamCheck {
  readonly runs = new Map<string, CheckedRun>();
  #next = 0;
  #hash = '';
  /** The time of the last event, milliseconds since 1970. */
  #at = Number.NEGATIVE_INFINITY;
  #run: CheckedRun | undefined;

  constructor(private readonly broken: string[]) {}

  take(event: RawEvent): void {
    if (event.revision !== this.#next)
      this.#say('P6', event, `follows revision ${this.#next - 1}: a gap or a repetition`);
    this.#next = event.revision + 1;
    const link = brokenLink(event, this.#hash);
    if (link) this.#say('P6', event, `breaks the chain: ${link}`);
    const metadata = record(event.metadata);
    this.#hash = text(metadata.hash);
    const backMs = this.#at - Date.parse(text(metadata.at));
    if (backMs > 0 && backMs <= EXPLAINED_MS) this.#say('P6', event, 'is dated before its predecessor');
    this.#at = Date.parse(text(metadata.at));
    if (event.stream.startsWith('operation-')) this.#takeOfRun(event, metadata);
    if (event.stream.startsWith('ask-') && event.revision > 0)
      this.#say('P2', event, 'records the same person asking for the same run again');
  }

  #takeOfRun(event: RawEvent, metadata: Record<string, unknown>): void {
    const run = this.#run;
    if (event.type === 'RunQueued') this.#open(event, metadata);
    else if (run && !run.ended) this.#move(run, event, metadata);
    else this.#say('P2', event, 'stands outside every run: after an end');
  }

  #move(run: CheckedRun, event: RawEvent, metadata: Record<string, unknown>): void {
    if (metadata.runId !== run.runId) this.#say('P2', event, `belongs to another run than ${run.runId}`);
    const data = record(event.data);
    switch (event.type) {
      case 'RunStarted':
        if (data.attempt !== run.attempt + 1)
          this.#say('P2', event, `does not follow attempt ${run.attempt}`);
        run.attempt = Number(data.attempt);
        run.running = true;
        break;
      case 'RunFailed':
      case 'RunAborted':
      case 'RunCompleted':
        this.#end(run, event, data);
        break;
      default:
        if (!run.running) this.#say('P2', event, 'was written by nobody: the run is not running');
        if (Number(metadata.attempt) !== run.attempt)
          this.#say('P2', event, `was written by attempt ${metadata.attempt}, not ${run.attempt}`);
        if (event.type === 'RunItemsRecorded') this.#takeItems(run, event, data);
        if (event.type === 'RunItemsRepeated') this.#takeRepeats(run, event, data);
        if (event.type === 'EffectIntended') this.#intend(run, event, data);
        if (event.type === 'EffectSettled') this.#settle(run, event, data);
        if (event.type === 'RunReleased') run.running = false;
    }
  }

  #open(event: RawEvent, metadata: Record<string, unknown>): void {
    if (this.#run && !this.#run.ended) this.#say('P2', event, `opens a run inside ${this.#run.runId}`);
    const key = event.stream.slice(event.stream.lastIndexOf('.') + 1);
    const runId = `${key}-${event.revision}`;
    if (metadata.runId !== runId) this.#say('P2', event, `calls its run ${metadata.runId}, not ${runId}`);
    const tenantId = text(metadata.tenantId);
    this.#run = {
      runId,
      tenantId,
      items: new Map(),
      effects: new Map(),
      attempt: 0,
      running: false,
      ended: false,
    };
    this.runs.set(runId, this.#run);
  }

  #intend(run: CheckedRun, event: RawEvent, data: Record<string, unknown>): void {
    const id = text(data.clientRequestId);
    const { attempt } = run;
    if (run.effects.has(id)) this.#say('P3', event, 'intends the same request again');
    for (const other of run.effects.values()) {
      if (other.outcome !== undefined) continue;
      if (other.attempt === attempt)
        this.#say('P3', event, 'is intended before the one before it is settled');
      if (other.itemId === data.itemId && other.action === data.action)
        this.#say('P3', event, 'repeats what was not looked up');
    }
    run.effects.set(id, {
      itemId: text(data.itemId),
      action: text(data.action),
      attempt,
      outcome: undefined,
    });
  }

  #settle(run: CheckedRun, event: RawEvent, data: Record<string, unknown>): void {
    const effect = run.effects.get(text(data.clientRequestId));
    if (!effect) this.#say('P3', event, 'settles what was not intended');
    else if (effect.outcome !== undefined) this.#say('P3', event, 'gives an effect a second outcome');
    else effect.outcome = text(data.outcome);
  }

  #takeItems(run: CheckedRun, event: RawEvent, data: Record<string, unknown>): void {
    for (const entry of list(data.items)) {
      const item = record(entry);
      const id = text(item.itemId);
      if (run.items.has(id)) this.#say('P3', event, `gives the item ${id} a second outcome`);
      run.items.set(id, text(item.outcome));
    }
  }

  #takeRepeats(run: CheckedRun, event: RawEvent, data: Record<string, unknown>): void {
    for (const { runId, ordinal } of originsOf(data.from as readonly RepeatedFrom[])) {
      const id = `item ${ordinal} of ${runId}`;
      if (run.items.has(id)) this.#say('P3', event, `repeats ${id} twice`);
      run.items.set(id, 'succeeded');
    }
  }

  #end(run: CheckedRun, event: RawEvent, data: Record<string, unknown>): void {
    run.ended = true;
    run.running = false;
    if (event.type === 'RunCompleted' && run.attempt === 0) this.#say('P2', event, 'ends what nobody began');
    if (event.type !== 'RunCompleted' && text(data.reasonCode) === '')
      this.#say('P1', event, 'ends without a reason');
    if (data.reasonCode === 'dispatch_failed' && run.attempt > 0)
      this.#say('P1', event, 'says that nobody took a run that somebody had begun');
    const counts = record(data.counts);
    const outcomes = [...run.items.values()];
    for (const outcome of ['succeeded', 'failed', 'skipped'])
      if (counts[outcome] !== outcomes.filter((one) => one === outcome).length)
        this.#say('P3', event, `counts ${counts[outcome]} ${outcome} items`);
    if (counts.processed !== outcomes.length) this.#say('P3', event, `counts ${counts.processed} items`);
    if (typeof counts.total === 'number' && counts.total < outcomes.length)
      this.#say('P3', event, `has a total of ${counts.total} for ${outcomes.length} items`);
  }

  #say(promise: string, event: RawEvent, what: string): void {
    this.broken.push(`${promise} ${at(event)} ${what}`);
  }
}

function checkAnswers(
  answers: readonly StartAnswer[],
  runs: ReadonlyMap<string, CheckedRun>,
  broken: string[],
): void {
  const startedBefore = new Set<string>();
  for (const { kind, runId, tenantId } of answers) {
    if (runs.get(runId)?.tenantId !== tenantId)
      broken.push(`P1 a start was answered with run ${runId}, which the log does not hold`);
    if (kind !== 'started') continue;
    if (startedBefore.has(runId)) broken.push(`P2 two starts were told that they made run ${runId}`);
    startedBefore.add(runId);
  }
}

function checkEffects(
  changes: readonly TargetChange[],
  runs: ReadonlyMap<string, CheckedRun>,
  broken: string[],
): void {
  const taken = new Set<string>();
  for (const { runId, itemId, action, clientRequestId } of changes) {
    const name = `${action} ${itemId} of run ${runId}`;
    if (taken.has(name)) broken.push(`P3 the target was changed twice: ${name}`);
    taken.add(name);
    const run = runs.get(runId);
    const effects = [...(run?.effects ?? [])].filter(
      ([id, effect]) =>
        effect.itemId === itemId && effect.action === action && (clientRequestId ?? id) === id,
    );
    if (effects.length === 0) broken.push(`P3 the target was changed without an intent: ${name}`);
    if (effects.every(([, { outcome }]) => outcome === 'refused' || outcome === 'not_applied'))
      broken.push(`P3 the target was changed, which is recorded as not done: ${name}`);
  }
  for (const { runId, items, effects } of runs.values())
    for (const { itemId, action, outcome } of effects.values()) {
      const name = `${action} ${itemId} of run ${runId}`;
      if (outcome === 'applied' && !taken.has(name))
        broken.push(`P3 the target was not changed, which is recorded as done: ${name}`);
      if ((outcome === undefined || outcome === 'ambiguous') && items.get(itemId) === 'succeeded')
        broken.push(`P3 an item succeeded of which it is not known whether it was done: ${name}`);
    }
}

const at = (event: RawEvent): string => `${event.stream}@${event.revision} (${event.type})`;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
