import t from 'tap';
import { type Clock, systemClock } from '../../src/clock.js';
import { RevisionConflictError } from '../../src/ledger/event-log.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { EMPTY_HEAD } from '../../src/ledger/stream-head.js';
import { operationKey, operationStream, runIdOf } from '../../src/ledger/streams.js';
import type { ProductDraft } from '../../src/program/product-events.js';
import { productEvents } from '../../src/program/product-events.js';
import { readOperation } from '../../src/runs/read-operation.js';
import { BATCH_LIMITS, ClaimedRun } from '../../src/worker/claimed-run.js';
import { succeeded } from '../support/changing-work.js';
import { createMemoryLog } from '../support/memory-log.js';
import { createSeededChance } from '../support/seeded-chance.js';
import { testWork } from '../support/test-work.js';

const TENANT = '1f2d3c4b-0000-4000-8000-000000000001';
const LOST_AFTER_MS = 1_000;
const definition = testWork();

/** A run claimed on a log in memory, its clock in the test's hands. */
async function claim() {
  let nowMs = 0;
  const clock: Clock = { ...systemClock, monotonicMs: () => nowMs };
  const log = createMemoryLog();
  const ledger = createLedger({ events: productEvents, log, clock, chance: createSeededChance(1) });
  const key = operationKey(TENANT, 'test.work', {});
  const stream = operationStream(TENANT, key);
  const runId = runIdOf(key, 0);
  const context = {
    tenantId: TENANT,
    runId,
    runStart: 0,
    actor: { kind: 'system', id: 'test' },
    correlationId: 'c',
    causationId: 'c',
  } as const;
  const queued: ProductDraft = {
    type: 'RunQueued',
    data: {
      type: 'test.work',
      definitionVersion: 1,
      scope: {},
      context: {},
      initiator: { kind: 'api', clientId: 'test' },
      total: null,
      causedBy: null,
      related: [],
      title: 'Work',
    },
  };
  const started = (attempt: number) => ({ type: 'RunStarted', data: { attempt, worker: 'w' } }) as const;
  await ledger.append(stream, EMPTY_HEAD, [queued, started(1)], context);
  const controller = new AbortController();
  const state = await readOperation(ledger, stream);
  const run = new ClaimedRun(
    {
      ledger,
      clock,
      definition,
      stream,
      tenantId: TENANT,
      worker: 'w',
      limits: { ...BATCH_LIMITS, waitMs: 5 },
      controller,
      claimedMs: 0,
      lostAfterMs: LOST_AFTER_MS,
    },
    state,
  );
  return {
    run,
    controller,
    types: () => log.events.map(({ type }) => type),
    /** Another worker takes the run over. */
    takeOver: async () => {
      const { head } = await readOperation(ledger, stream);
      await ledger.append(stream, head, [started(2)], context);
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

t.test('an item is recorded once, also when it is given again before and after', async (t) => {
  const { run, types } = await claim();
  await Promise.all([run.record(succeeded('a')), run.record(succeeded('a'))]);
  await run.flush();
  await run.record(succeeded('a'));
  await run.complete({ summary: 'done', related: [] });
  t.same(types(), ['RunQueued', 'RunStarted', 'RunItemsRecorded', 'RunCompleted']);
  t.equal(run.recorded.size, 1);
  t.equal(run.end, 'ended');
});

t.test('outcomes that wait are written after their time without being asked', async (t) => {
  const { run, types } = await claim();
  await run.record(succeeded('a'));
  while (!types().includes('RunItemsRecorded')) await systemClock.sleep(1);
  t.equal(run.recorded.size, 1);
});

t.test('an outcome that cannot be stored spoils the run, awaited or not, and loses no other', async (t) => {
  const { run, controller, types } = await claim();
  await run.record(succeeded('good'));
  void run.record({ ...succeeded('bad'), itemId: '' });
  await t.rejects(run.complete({ summary: 'done', related: [] }), { name: 'ZodError' });
  t.ok(controller.signal.aborted, 'the handler is told');
  await run.fail('unexpected', 'it was not well');
  t.same(types().slice(2), ['RunItemsRecorded', 'RunFailed']);
  t.same([...run.recorded.keys()], ['good']);
});

t.test('a flood is refused, and what was taken before is kept', async (t) => {
  const { run, types } = await claim();
  for (let n = 0; n < 50_000; n++) void run.record(succeeded(`${n}`));
  await t.rejects(run.complete({ summary: 'done', related: [] }), { name: 'RunFailure' });
  await run.fail('unexpected', 'a flood');
  t.equal(types().at(-1), 'RunFailed');
  t.ok(run.recorded.size > 0 && run.recorded.size < 50_000, `${run.recorded.size} items`);
});

t.test('a claim that was taken over writes nothing any more', async (t) => {
  const { run, controller, takeOver, types } = await claim();
  await takeOver();
  await run.record(succeeded('a'));
  await t.rejects(run.flush(), { name: 'ClaimLostError' });
  await t.rejects(run.note('still here'), { name: 'ClaimLostError' });
  await t.rejects(run.fail('unexpected', 'late'), { name: 'ClaimLostError' });
  t.equal(run.end, 'lost');
  t.ok(controller.signal.aborted);
  t.same(types(), ['RunQueued', 'RunStarted', 'RunStarted']);
});

t.test('the claim is certain for as long as a sign of life reaches', async (t) => {
  const { run, pass } = await claim();
  await run.held(LOST_AFTER_MS - 1);
  pass(LOST_AFTER_MS / 2);
  run.prolong(LOST_AFTER_MS / 2);
  await run.held(LOST_AFTER_MS - 1);
  await t.rejects(run.held(LOST_AFTER_MS), RangeError, 'no claim reaches that far');
});

t.test('after a silence the claim is shown to stand by an append', async (t) => {
  const { run, pass, types } = await claim();
  pass(LOST_AFTER_MS * 2);
  const held = run.held(100);
  run.prolong(LOST_AFTER_MS * 2);
  await held;
  t.equal(types().at(-1), 'RunProgressNoted');
});

t.test('after a silence in which the run was taken over it is lost before any effect', async (t) => {
  const { run, pass, takeOver } = await claim();
  pass(LOST_AFTER_MS * 2);
  await takeOver();
  const held = run.held(100);
  run.prolong(LOST_AFTER_MS * 2);
  await t.rejects(held, { name: 'ClaimLostError' });
});

t.test('who waits for a sign of life hears of the loss', async (t) => {
  const { run, pass } = await claim();
  pass(LOST_AFTER_MS * 2);
  const held = run.held(100);
  run.lose('a later attempt has begun');
  await t.rejects(held, { name: 'ClaimLostError' });
});

t.test('a conflict on the log is never the caller’s', async (t) => {
  const { run, takeOver } = await claim();
  await takeOver();
  const error = await run.setTotal(3).catch((thrown: unknown) => thrown);
  t.notOk(error instanceof RevisionConflictError);
});

t.test(
  'a sign of life that was noted only after the run could be taken over makes nothing certain',
  async (t) => {
    const { run, takeOver, pass } = await claim();
    pass(LOST_AFTER_MS + 500);
    await takeOver();
    const held = run.held(100);
    run.prolong(LOST_AFTER_MS - 1);
    await t.rejects(held, { name: 'ClaimLostError' });
  },
);

t.test('everybody who waits for a sign of life is let go by it, and by the end of the claim', async (t) => {
  const { run, pass } = await claim();
  pass(LOST_AFTER_MS);
  const both = [run.held(100), run.held(100)];
  run.prolong(LOST_AFTER_MS);
  await Promise.all(both);
  pass(2 * LOST_AFTER_MS);
  const lost = [run.held(100), run.held(100)];
  run.lose('somebody else has it');
  for (const held of lost) await t.rejects(held, { name: 'ClaimLostError' });
});
