import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Chance, Clock } from '../../src/clock.js';
import type { EventLog, RawEvent } from '../../src/ledger/event-log.js';
import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import { endedWithin } from '../../src/timing/ended-within.js';
import { CHANGES_CHANNEL, noticeOf } from './changes.js';
import { advance, type CheckpointRow, moveCheckpoint, readCheckpoint } from './checkpoint.js';
import { kindOfFailure, PoisonEventError } from './failures.js';
import { applyBatch, endedBy, type RowSets } from './fold-batch.js';
import { type BatchLimits, createIntake, type Intake } from './intake.js';
import { assertRowsBelong } from './ownership.js';
import type { Progress } from './progress.js';
import type { Projection } from './projection.js';
import { writeStatus } from './projector-status-table.js';
import { readLog } from './read-log.js';
import { createRowCache, type RowCache } from './row-cache.js';
import { ensureSchema, enterSchema } from './schema.js';
import { retrySetAside, setAside } from './set-aside.js';
import { createStatistics } from './statistics.js';

export interface FollowLogOptions {
  readonly projection: Projection;
  readonly schema: string;
  readonly log: EventLog;
  readonly decode: (event: RawEvent) => RecordedEvent;
  readonly limits: BatchLimits;
  /** Whether batches are announced to live pages; a schema that is being built has no readers. */
  readonly announce: boolean;
  /**
   * How long a stream may wait at an event that can't be applied, while the others go on, milliseconds. Following
   * ends after that, so that the next call tries the event again. Undefined where no stream may wait.
   */
  readonly setAsideMs: number | undefined;
  readonly progress: Progress;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
}

/** How often an idle projector stores how far it has read the log, and that it is alive. */
const CONFIRM_EVERY_MS = 1_000;

/**
 * Follows the log and writes a schema's rows, over one connection: opens the schema, continues from its checkpoint,
 * and ends when the signal aborts, when a stream was set aside, or when it is time to retry the streams that were.
 * Throws FencedError when another projector writes, PoisonEventError at an event that can't be applied and whose
 * stream may not wait alone, ForeignRowsError when rows and log don't belong together, and errors of the database.
 * Whatever it throws, rows and checkpoint agree.
 */
export async function followLog(
  db: Kysely<unknown>,
  options: FollowLogOptions,
  signal: AbortSignal,
): Promise<void> {
  const { projection, schema, log, decode, progress, clock, chance, logger, setAsideMs } = options;
  if (await ensureSchema(db, projection, schema)) logger.info({ schema }, 'read models created');
  const opened = await readCheckpoint(db, schema, projection.name);
  await assertRowsBelong(log, opened, projection);
  const { checkpoint, waiting } = await retrySetAside(db, options, opened);
  progress.applied(checkpoint.position);
  progress.behind();

  const intake = createIntake(options.limits);
  const stop = new AbortController();
  const ending = AbortSignal.any([signal, stop.signal]);
  if (waiting.size > 0 && setAsideMs !== undefined)
    void clock.sleep(setAsideMs, ending).then(() => stop.abort());
  const onInterrupted = (error: unknown, retryInMs: number) => {
    progress.behind();
    logger.warn({ err: error, retryInMs }, 'the subscription was interrupted');
  };
  ending.addEventListener('abort', () => intake.close(), { once: true });
  const reader = readLog({
    log,
    streamPrefixes: projection.streamPrefixes,
    decode,
    after: checkpoint.position,
    intake,
    waiting,
    signal: ending,
    clock,
    chance,
    onInterrupted,
  }).catch((error: unknown) => intake.fail(error));
  try {
    await writeBatches(db, options, checkpoint, intake, ending);
  } finally {
    stop.abort();
    await reader;
  }
}

async function writeBatches(
  db: Kysely<unknown>,
  options: FollowLogOptions,
  opened: CheckpointRow,
  intake: Intake,
  signal: AbortSignal,
): Promise<void> {
  const { progress, clock, projection, schema, logger } = options;
  let checkpoint = opened;
  /** Everything up to here was read and applied, but this position isn't stored yet. */
  let reached = opened.position;
  let confirmedAtMs = Number.NEGATIVE_INFINITY;
  let begunAtMs = Number.NEGATIVE_INFINITY;
  const renewStatistics = createStatistics(db, options, opened);
  let writingSinceMs: number | undefined;
  progress.watch(() => writingSinceMs ?? intake.oldestSinceMs());
  const cache = createRowCache(projection.models);
  const apply = async (events: readonly RecordedEvent[], position: number) => {
    const next = advance(checkpoint, events, position);
    const rows = await writeBatch(db, options, { from: checkpoint, to: next, events, cache });
    cache.keep(rows, endedBy(projection, events));
    checkpoint = next;
    progress.applied(position);
  };
  try {
    while (!signal.aborted) {
      await waitForBatch(intake, begunAtMs + projection.batchEveryMs, clock);
      const taken = intake.take();
      writingSinceMs = taken.oldestSinceMs;
      if (taken.events.length > 0) begunAtMs = clock.monotonicMs();
      if (taken.events.length > 0) await applyUpToPoison(taken.events, taken.reached ?? -1, apply);
      writingSinceMs = undefined;
      await renewStatistics(checkpoint);
      reached = Math.max(reached, taken.reached ?? -1, checkpoint.position);
      // Reported again after the write, because a waiter checks the status only when it is notified.
      if (taken.events.length > 0 || reached > progress.status().position) progress.applied(reached);
      if (taken.caughtUp) progress.caughtUp();
      if (clock.monotonicMs() - confirmedAtMs >= CONFIRM_EVERY_MS) {
        const next = { ...checkpoint, position: reached };
        await confirm(db, options, checkpoint, next);
        checkpoint = next;
        confirmedAtMs = clock.monotonicMs();
      }
      if (taken.events.length === 0) await endedWithin(clock, intake.ready(), CONFIRM_EVERY_MS);
    }
  } catch (error) {
    if (!(error instanceof PoisonEventError) || options.setAsideMs === undefined) throw error;
    if (!(await setAside(db, options, checkpoint, error))) throw error;
    const { stream, revision } = error.event;
    logger.error({ schema, event: `${stream}@${revision}`, err: error }, 'a stream is set aside');
  } finally {
    progress.watch(() => undefined);
  }
}

/** Waits until a whole batch has arrived or the next batch is due. Closing the intake ends the wait. */
async function waitForBatch(intake: Intake, dueMs: number, clock: Clock): Promise<void> {
  const remainingMs = dueMs - clock.monotonicMs();
  if (remainingMs > 0) await endedWithin(clock, intake.filled(), remainingMs);
}

/**
 * Applies events. When one of them can't be applied, the batch is halved until that event is alone, so that all
 * events before it are in the rows and the error names it.
 */
async function applyUpToPoison(
  events: readonly RecordedEvent[],
  reached: number,
  apply: (events: readonly RecordedEvent[], position: number) => Promise<void>,
): Promise<void> {
  const last = events.at(-1);
  if (!last) return;
  try {
    await apply(events, Math.max(last.position, reached));
    return;
  } catch (error) {
    if (kindOfFailure(error) !== 'deterministic') throw error;
    if (events.length === 1) throw new PoisonEventError(last.raw, error);
  }
  const half = Math.ceil(events.length / 2);
  await applyUpToPoison(events.slice(0, half), -1, apply);
  await applyUpToPoison(events.slice(half), reached, apply);
}

async function writeBatch(
  db: Kysely<unknown>,
  { projection, schema, announce }: FollowLogOptions,
  {
    from,
    to,
    events,
    cache,
  }: {
    readonly from: CheckpointRow;
    readonly to: CheckpointRow;
    readonly events: readonly RecordedEvent[];
    readonly cache: RowCache;
  },
): Promise<RowSets> {
  return db.transaction().execute(async (tx) => {
    await enterSchema(tx, schema);
    // The checkpoint is moved first, so that another projector waits here and never reads half-written rows.
    await moveCheckpoint(tx, from, to);
    const rows = await applyBatch(projection, events, tx, cache);
    if (announce && projection.isAnnounced) {
      const payload = JSON.stringify(noticeOf(to.position, events, projection.alsoRuns));
      await sql`select pg_notify(${CHANGES_CHANNEL}, ${payload})`.execute(tx);
    }
    return rows;
  });
}

/** Stores how far the log was read, and the projector's status. */
async function confirm(
  db: Kysely<unknown>,
  { projection, schema, progress }: FollowLogOptions,
  from: CheckpointRow,
  to: CheckpointRow,
): Promise<void> {
  const { caughtUp, lagSeconds } = progress.status();
  const status = {
    projection: projection.name,
    position: to.position,
    caught_up: caughtUp,
    lag_ms: Math.round((lagSeconds ?? 0) * 1000),
    paused_reason: null,
    paused_event: null,
  };
  await db.transaction().execute(async (tx) => {
    await enterSchema(tx, schema);
    await moveCheckpoint(tx, from, to);
    await writeStatus(tx, status);
  });
}
