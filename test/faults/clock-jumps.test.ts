import t from 'tap';
import { changesOfRun } from '../support/changing-work.js';
import { createFaultBed, longRun } from '../support/fault-bed.js';
import { skipWithoutNats } from '../support/system-parts.js';

const RUNS = longRun ? 30 : 5;
const ITEMS = 6;
const HOUR_MS = 3_600_000;

t.test('X23: wall clocks jump back an hour and forward a day', { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  const [, first, second] = await Promise.all([
    bed.process({ kind: 'program', roles: ['projector'] }),
    bed.process({ kind: 'program', roles: ['worker'] }, { OPSLEDGER_WORKER_NAME: 'first' }),
    bed.process({ kind: 'program', roles: ['worker'] }, { OPSLEDGER_WORKER_NAME: 'second' }),
  ]);
  const begun = Array.from({ length: RUNS }, (_, index) =>
    bed.start(`${index}`, { items: ITEMS, pauseMs: 200 }),
  );
  await Promise.all(begun);
  await bed.seen(({ type }) => type === 'RunItemsRecorded');
  first.send(String(-HOUR_MS));
  second.send(String(24 * HOUR_MS));
  t.match(await first.line(), 'jumped');
  t.match(await second.line(), 'jumped');
  // Whoever is ahead or behind, a worker that dies is noticed.
  first.signal('SIGKILL');
  await bed.settled(RUNS);
  t.same(await bed.broken(), []);
  t.equal(bed.target.effects.length, RUNS * changesOfRun(ITEMS), 'every change reached the target, once');
});
