import t from 'tap';
import { systemClock } from '../../src/clock.js';
import { RevisionConflictError } from '../../src/ledger/event-log.js';
import { succeeded } from '../support/changing-work.js';
import { BATCH_WAIT_MS, claimRunOf } from '../support/claimed-run-bed.js';
import { until } from '../support/until.js';

t.test('an item is recorded once, also when it is recorded again before and after the append', async (t) => {
  const { run, types } = await claimRunOf();
  await Promise.all([run.record(succeeded('a')), run.record(succeeded('a'))]);
  await run.flush();
  await run.record(succeeded('a'));
  await run.complete({ summary: 'done', related: [] });
  t.same(types(), ['RunQueued', 'RunStarted', 'RunItemsRecorded', 'RunCompleted']);
  t.equal(run.recorded.size, 1);
  t.equal(run.end, 'ended');
});

t.test('buffered outcomes are written after a time limit without a call', async (t) => {
  const { run, types, pass } = await claimRunOf();
  await run.record(succeeded('a'));
  pass(BATCH_WAIT_MS - 1);
  await systemClock.sleep(1);
  t.notOk(types().includes('RunItemsRecorded'));
  pass(1);
  await until(() => types().includes('RunItemsRecorded'), 1);
  t.equal(run.recorded.size, 1);
});

t.test(
  'an outcome that can’t be stored fails the run, awaited or not, and loses no other outcome',
  async (t) => {
    const { run, controller, types } = await claimRunOf();
    await run.record(succeeded('good'));
    void run.record({ ...succeeded('bad'), itemId: '' });
    await t.rejects(run.complete({ summary: 'done', related: [] }), { name: 'ZodError' });
    t.ok(controller.signal.aborted, 'the handler’s signal is aborted');
    await run.fail('unexpected', 'it was not well');
    t.same(types().slice(2), ['RunItemsRecorded', 'RunFailed']);
    t.same([...run.recorded.keys()], ['good']);
  },
);

t.test('too many writes are refused, and the earlier ones are kept', async (t) => {
  const { run, types } = await claimRunOf();
  for (let n = 0; n < 50_000; n++) void run.record(succeeded(`${n}`));
  await t.rejects(run.complete({ summary: 'done', related: [] }), { name: 'RunFailure' });
  await run.fail('unexpected', 'a flood');
  t.equal(types().at(-1), 'RunFailed');
  t.ok(run.recorded.size > 0 && run.recorded.size < 50_000, `${run.recorded.size} items`);
});

t.test('a claim that was taken over writes nothing any more', async (t) => {
  const { run, controller, takeOver, types } = await claimRunOf();
  await takeOver();
  await run.record(succeeded('a'));
  await t.rejects(run.flush(), { name: 'ClaimLostError' });
  await t.rejects(run.note('still here'), { name: 'ClaimLostError' });
  await t.rejects(run.fail('unexpected', 'late'), { name: 'ClaimLostError' });
  t.equal(run.end, 'lost');
  t.ok(controller.signal.aborted);
  t.same(types(), ['RunQueued', 'RunStarted', 'RunStarted']);
});

t.test('a revision conflict of the log is never passed to the handler', async (t) => {
  const { run, takeOver } = await claimRunOf();
  await takeOver();
  const error = await run.setTotal(3).catch((thrown: unknown) => thrown);
  t.notOk(error instanceof RevisionConflictError);
});
