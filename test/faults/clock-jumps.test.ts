import t from 'tap';
import { changesOfRun } from '../support/changing-work.js';
import { createFaultBed, longRun } from '../support/fault-bed.js';
import { wholeLog } from '../support/promise-checker.js';
import { skipWithoutNats } from '../support/system-parts.js';

const RUNS = longRun ? 30 : 5;
const ITEMS = 6;
const HOUR_MS = 3_600_000;
/** How wrong a clock may be, plus how long an event may take to reach the store. */
const WRONG_MS = 60_000 + 10_000;

const name = 'X23: clocks that jump write no wrong time and hide no death of a worker';

t.test(name, { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  const [, first, second, third] = await Promise.all([
    bed.process({ kind: 'program', roles: ['projector'] }),
    bed.process({ kind: 'program', roles: ['worker'] }, { OPSLEDGER_WORKER_NAME: 'first' }),
    bed.process({ kind: 'program', roles: ['worker'] }, { OPSLEDGER_WORKER_NAME: 'second' }),
    bed.process({ kind: 'program', roles: ['worker'] }, { OPSLEDGER_WORKER_NAME: 'third' }),
  ]);
  const begun = Array.from({ length: RUNS }, (_, index) =>
    bed.start(`${index}`, { items: ITEMS, pauseMs: 200 }),
  );
  await Promise.all(begun);
  await bed.seen(({ type }) => type === 'RunItemsRecorded');
  first.send(String(-HOUR_MS));
  second.send(String(24 * HOUR_MS));
  // Only this worker's clock is within the limit, so it carries out every run.
  third.send(String(-50_000));
  for (const process of [first, second, third]) t.match(await process.line(), 'jumped');
  // A worker that dies is noticed, whichever clocks are wrong.
  first.signal('SIGKILL');
  await bed.settled(RUNS);
  t.same(await bed.broken(), []);
  const wrong = (await wholeLog(bed.log)).filter(({ metadata, recordedAt = 0 }) => {
    const { at, clockAt = at } = metadata as { readonly at: string; readonly clockAt?: string };
    return Math.abs(Date.parse(clockAt) - recordedAt) > WRONG_MS;
  });
  t.same(wrong, [], 'no time far from the event store’s was written');
  t.equal(bed.target.effects.length, RUNS * changesOfRun(ITEMS), 'every change reached the target, once');
});
