import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { EventStoreLimits } from '../../../../src/embedded/event-store/limits.js';
import { silentLogger } from '../../../../src/embedded/event-store/logger.js';
import type { AppendOutcome } from '../../../../src/embedded/event-store/store/append-outcome.js';
import { EventStore } from '../../../../src/embedded/event-store/store/event-store.js';
import {
  type VerifyReport,
  verifyEventStore,
} from '../../../../src/embedded/event-store/tools/verify-event-store.js';
import { crashClock, knowsAllIds } from './crash-history.js';
import { type ReadEvent, readStore } from './store-answers.js';
import { type ModelEvent, type ModelRead, recordOf, StoreModel, TOMBSTONE } from './store-model.js';

/** What a store that is opened after a crash may contain. */
export interface Allowed {
  /** The appends that were in progress at the crash, the newest last. */
  readonly models: readonly StoreModel[];
  /** Every event before this position was acknowledged. */
  readonly holds: number;
  /** Positions of events that may have left the disk. */
  readonly mayLose: ReadonlySet<number>;
  /** Whether the file that marks truncations was harmed; otherwise none of them may go without the mark. */
  readonly markHarmed?: boolean;
}

/** How thoroughly a store is checked: only forwards, or also backwards, from the middle, and with further appends. */
export type Closeness = 'forwards' | 'every-way';

const NEVER_USED = 'never-used';
const NEW_ID = '99999999-9999-4999-8999-999999999999';

/**
 * Verifies the store of a folder, opens it and compares all its answers with what it may contain. Resolves with the
 * differences as sentences; empty when there are none.
 */
export async function checkReopened(
  dataDir: string,
  limits: EventStoreLimits,
  allowed: Allowed,
  closeness: Closeness,
): Promise<readonly string[]> {
  const said = await verifyEventStore(dataDir);
  const warnings: string[] = [];
  let store: EventStore;
  try {
    store = openStore(dataDir, limits, warnings);
  } catch (error) {
    return [`it doesn't open: ${error instanceof Error ? error.stack : String(error)}`];
  }
  try {
    const { durableEnd } = store.log;
    if (durableEnd < allowed.holds) return [`it ends at ${durableEnd}, though ${allowed.holds} was answered`];
    const misjudged = misjudgement(said, warnings) ?? leftover(dataDir, store);
    if (misjudged) return [misjudged];
    const possible = allowed.models.flatMap((model) => modelUpTo(model, durableEnd) ?? []);
    if (possible.length === 0) return [`it ends at ${durableEnd}, inside an append`];
    const found: string[][] = [];
    for (const model of possible) {
      const problems = await compare(store, model, { limits, closeness, mayLose: allowed.mayLose });
      if (allowed.mayLose.size === 0 && said.events !== model.events.length)
        problems.push(`verify counted ${said.events} events, not ${model.events.length}`);
      if (!allowed.markHarmed && store.truncation.sinceMs === undefined && model.hasTruncations())
        problems.push('truncated events will stay on disk: nothing marks the truncation');
      if (problems.length > 0) found.push(problems);
      else return closeness === 'every-way' ? await goesOn(store, model, limits, allowed.mayLose) : [];
    }
    return found[0] ?? [];
  } catch (error) {
    return [`it fails: ${error instanceof Error ? error.stack : String(error)}`];
  } finally {
    await store.close();
  }
}

/** Opens the store of a folder; what it warns of is appended to `warnings`. */
export const openStore = (dataDir: string, limits: EventStoreLimits, warnings: string[] = []): EventStore => {
  const logger = { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) };
  return EventStore.open({ dataDir, limits, logger, clock: crashClock });
};

/** A log file that belongs to no part of the opened log, if there is one. */
function leftover(dataDir: string, { log }: EventStore): string | undefined {
  const known = new Set(log.segments.map(({ path }) => basename(path, '.log')));
  const left = readdirSync(join(dataDir, 'log')).find(
    (name) => !known.has(name.replace(/\.(log|seal\.json)$/, '')),
  );
  return left && `${left} is left over`;
}

/** How the report on a store differs from what opening it did, if it does. */
function misjudgement({ problems, notes }: VerifyReport, warnings: readonly string[]): string | undefined {
  if (problems.length > 0) return `it opens, though verify says ${problems[0]}`;
  const torn = notes.some((note) => note.includes('the last write was torn'));
  const cut = warnings.some((warning) => warning.includes('was cut off'));
  if (torn !== cut)
    return torn ? 'verify says torn, but nothing was cut off' : 'a torn write goes without a note';
  return undefined;
}

/** The part of a model before a position, if an append ends there. */
function modelUpTo({ events }: StoreModel, end: number): StoreModel | undefined {
  const count = events.findLastIndex((event) => event.end === end) + 1;
  if (count === 0) return end === new StoreModel([]).end ? new StoreModel([]) : undefined;
  return events[count - 1]?.endsAppend ? new StoreModel(events.slice(0, count)) : undefined;
}

async function compare(
  store: EventStore,
  model: StoreModel,
  {
    limits,
    mayLose,
    closeness,
  }: {
    readonly limits: EventStoreLimits;
    readonly mayLose: ReadonlySet<number>;
    readonly closeness: Closeness;
  },
): Promise<string[]> {
  const problems: string[] = [];
  const context = { limits, clock: crashClock };
  const check = (what: string, expected: ModelRead, got: readonly ReadEvent[] | string) => {
    const wrong = difference(expected, got, mayLose);
    if (wrong) problems.push(`${what}: ${wrong}`);
  };
  const forwards = await readStore(store, {}, context);
  check('all streams', model.events, forwards);
  // Positions and streams of another history than the store's can't be read.
  if (problems.length > 0) return problems;
  const everyWay = closeness === 'every-way';
  if (everyWay) {
    const backwards = await readStore(store, { backwards: true }, context);
    if (!isDeepStrictEqual([...backwards].reverse(), forwards)) problems.push('all streams read backwards');
  }
  const middle = model.events[Math.floor(model.events.length / 2)];
  if (everyWay && middle) {
    const rest = model.events.filter(({ position }) => position >= middle.position);
    check('the rest of all streams', rest, await readStore(store, { from: middle.position }, context));
  }
  const names = new Set(
    model.events.flatMap(({ stream }) => [stream, stream.startsWith('$$') ? stream : `$$${stream}`]),
  );
  for (const stream of [...names, NEVER_USED]) {
    const expected = model.read(stream);
    check(stream, expected, await readStore(store, { stream }, context));
    if (everyWay) {
      const reversed = typeof expected === 'string' ? expected : [...expected].reverse();
      check(`${stream} backwards`, reversed, await readStore(store, { stream, backwards: true }, context));
    }
    if (everyWay && typeof expected !== 'string' && expected.length > 1) {
      const from = expected[1]?.revision ?? 0;
      check(`${stream} from ${from}`, expected.slice(1), await readStore(store, { stream, from }, context));
    }
  }
  // An append that this model refuses may be written by a store of another model, so it is asked for only after all
  // reads agree with this one.
  if (problems.length > 0) return problems;
  for (const stream of [...names, NEVER_USED]) {
    const wrong = answersOf(store, model, stream, { limits, mayLose });
    if (wrong) problems.push(wrong);
  }
  if (mayLose.size === 0) {
    const { events, streams } = store.index;
    const begun = model.events.filter(({ revision }) => revision === 0).length;
    if (events !== model.events.length || streams !== begun)
      problems.push(
        `the index counts ${events} events, ${streams} streams, not ${model.events.length}, ${begun}`,
      );
  }
  return problems;
}

/**
 * The difference between a read and the model, if any. Events that may have left the disk may be present or absent.
 */
function difference(
  expected: ModelRead,
  got: readonly ReadEvent[] | string,
  mayLose: ReadonlySet<number>,
): string | undefined {
  if (typeof expected === 'string' || typeof got === 'string')
    return expected === got ? undefined : `${describe(got)}, not ${describe(expected)}`;
  let at = 0;
  for (const event of expected) {
    if (isSame(event, got[at])) at += 1;
    else if (!mayLose.has(event.position)) return `${describe(got)}, not ${describe(expected)}`;
  }
  return at === got.length ? undefined : `${describe(got)}, not ${describe(expected)}`;
}

const isSame = (event: ModelEvent, got: ReadEvent | undefined): boolean =>
  got !== undefined &&
  got.stream === event.stream &&
  got.revision === revisionText(event.revision) &&
  (event.id === undefined || got.id === event.id) &&
  got.type === event.type &&
  got.data === event.data &&
  got.position === event.position;

const revisionText = (revision: number): string =>
  revision === TOMBSTONE ? '9223372036854775807' : String(revision);

const describe = (
  events:
    | readonly { readonly stream: string; readonly revision: number | string; readonly position: number }[]
    | string,
): string =>
  typeof events === 'string'
    ? events
    : `[${events.map(({ stream, revision, position }) => `${stream}@${revision}:${position}`).join(' ')}]`;

/** Compares the answers of appends that write nothing. */
function answersOf(
  store: EventStore,
  model: StoreModel,
  stream: string,
  { limits, mayLose }: { readonly limits: EventStoreLimits; readonly mayLose: ReadonlySet<number> },
): string | undefined {
  const last = model.last(stream);
  const newEvent = { id: NEW_ID, type: 'Happened', data: '{}' };
  const known = model.stream(stream).filter(({ id, position }) => id !== undefined && !mayLose.has(position));
  const questions = [
    { expected: last === TOMBSTONE ? 0 : last + 1, events: [newEvent] },
    ...known
      .slice(-3)
      .flatMap((event) => [
        { expected: event.revision - 1, events: [event] },
        ...(knowsAllIds(limits) ? [{ expected: -2, events: [event] }] : []),
      ]),
  ];
  for (const { expected, events } of questions) {
    const [after, answer] = model.append(stream, expected, events);
    if (after !== model) continue;
    let outcome: AppendOutcome | undefined;
    store.append(stream, expected, events.map(recordOf), (given) => {
      outcome = given;
    });
    if (!isDeepStrictEqual({ ...outcome }, { ...answer }))
      return `an append to ${stream}@${expected} answers ${JSON.stringify(outcome)}, not ${JSON.stringify(answer)}`;
  }
  return undefined;
}

/** Appends to the reopened store and compares again. */
async function goesOn(
  store: EventStore,
  before: StoreModel,
  limits: EventStoreLimits,
  mayLose: ReadonlySet<number>,
): Promise<string[]> {
  let model = before;
  for (const stream of [before.events.at(-1)?.stream ?? 'a', NEVER_USED]) {
    if (model.last(stream) === TOMBSTONE || stream.startsWith('$$')) continue;
    const id = stream === NEVER_USED ? NEW_ID : '88888888-8888-4888-8888-888888888888';
    const events = [{ id, type: 'Happened', data: '{}' }];
    const [after, answer] = model.append(stream, model.last(stream), events);
    const outcome = await new Promise<AppendOutcome>((resolve) =>
      store.append(stream, model.last(stream), events.map(recordOf), resolve),
    );
    if (!isDeepStrictEqual({ ...outcome }, { ...answer }))
      return [`it goes on with ${JSON.stringify(outcome)}, not ${JSON.stringify(answer)}`];
    model = after;
  }
  return compare(store, model, { limits, mayLose, closeness: 'every-way' });
}
