import t from 'tap';
import { changesOfRun } from '../support/changing-work.js';
import { DEATHS, deathCorrelationId } from '../support/dying-log.js';
import { createFaultBed, longRun } from '../support/fault-bed.js';
import { skipWithoutNats } from '../support/system-parts.js';

/** The appends of a run: its start, its total, an intent and an outcome for each of two items, and its end. */
const APPENDS_OF_A_RUN = 7;
const ITEMS = 2;

t.test('X1: a worker dies around any append of a run', { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  await bed.process({ kind: 'program', roles: ['projector'] });
  const workers = await Promise.all([1, 2].map(() => bed.supervise({ kind: 'dying-worker' })));
  const deaths = DEATHS.flatMap((death) =>
    Array.from({ length: APPENDS_OF_A_RUN }, (_, index) => deathCorrelationId(death, index + 1)),
  );
  // CI tests every fourth death, which covers each kind of death and each type of append.
  const chosen = deaths.filter((_, index) => longRun || index % 4 === 1);
  for (const [index, note] of chosen.entries()) {
    await bed.start(`${index}`, { items: ITEMS }, { correlationId: note });
  }
  await bed.settled(chosen.length);
  await Promise.all(workers.map((worker) => worker.stop()));
  t.same(await bed.broken(), []);
  t.equal(
    bed.target.effects.length,
    chosen.length * changesOfRun(ITEMS),
    'every change reached the target, once',
  );
  const died = workers.reduce((sum, worker) => sum + worker.deaths(), 0);
  t.equal(died, chosen.length, 'every run met its death and was taken over');
});
