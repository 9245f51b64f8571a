import t from 'tap';
import { changesOfRun } from '../support/changing-work.js';
import { createFaultBed, END_LIMIT_MS, longRun } from '../support/fault-bed.js';
import { skipWithoutNats } from '../support/system-parts.js';

const RUNS = longRun ? 30 : 6;
const worker = { kind: 'program', roles: ['worker'] } as const;

t.test('workers that are interrupted', { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  const [, first, second] = await Promise.all([
    bed.process({ kind: 'program', roles: ['projector'] }),
    bed.process({ ...worker, roles: [...worker.roles] }, { OPSLEDGER_WORKER_NAME: 'first' }),
    bed.process({ ...worker, roles: [...worker.roles] }, { OPSLEDGER_WORKER_NAME: 'second' }),
  ]);
  let started = 0;
  const startSome = async (what: string) => {
    const begun = Array.from({ length: RUNS }, (_, index) =>
      bed.start(`${what} ${index}`, { items: 12, pauseMs: 150 }),
    );
    started += RUNS;
    const runs = await Promise.all(begun);
    return new Set(runs.flatMap((run) => (run.kind === 'refused' ? [] : [run.runId])));
  };
  const isOf = (runs: ReadonlySet<string>, metadata: unknown) =>
    runs.has(String((metadata as { runId?: string }).runId));
  const startedBy = (runs: ReadonlySet<string>, name: string, attempt: number) =>
    bed.seen(({ type, data, metadata }) => {
      const claim = data as { worker?: string; attempt?: number };
      const isIt = type === 'RunStarted' && claim.worker === name && (claim.attempt ?? 0) >= attempt;
      return isIt && isOf(runs, metadata);
    });

  await t.test('X13: frozen past its claim, then woken', async (t) => {
    const runs = await startSome('frozen');
    await startedBy(runs, 'first', 1);
    first.signal('SIGSTOP');
    await startedBy(runs, 'second', 2);
    first.signal('SIGCONT');
    await bed.settled(started);
    t.same(await bed.broken(), []);
    t.equal(bed.target.effects.length, started * changesOfRun(12), 'every change reached the target, once');
  });

  await t.test('X24: SIGTERM under load', async (t) => {
    const runs = await startSome('stopped');
    await startedBy(runs, 'first', 1);
    const askedMs = performance.now();
    first.signal('SIGTERM');
    t.equal(await first.ended, 0, 'it ends well');
    const tookMs = performance.now() - askedMs;
    t.ok(tookMs < END_LIMIT_MS, `it took ${Math.round(tookMs)} ms`);
    const released = await bed.seen(({ type, metadata }) => type === 'RunReleased' && isOf(runs, metadata));
    t.ok(released, 'what it had in hand was handed back');
    await bed.settled(started);
    t.same(await bed.broken(), []);
  });

  await t.test('X24: a second SIGTERM', async (t) => {
    const runs = await startSome('stopped twice');
    await startedBy(runs, 'second', 1);
    second.signal('SIGTERM');
    second.signal('SIGTERM');
    t.not(await second.ended, undefined, 'it ends at once');
    await bed.process({ ...worker, roles: [...worker.roles] });
    await bed.settled(started);
    t.same(await bed.broken(), []);
    t.equal(bed.target.effects.length, started * changesOfRun(12));
  });
});
