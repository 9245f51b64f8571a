import { randomUUID } from 'node:crypto';
import t from 'tap';
import { changesOfRun } from '../support/changing-work.js';
import { createFaultBed, longRun, PERSON, TENANT } from '../support/fault-bed.js';
import { FAULT_TYPE } from '../support/fault-operations.js';
import { skipWithoutNats } from '../support/system-parts.js';

const STARTERS = longRun ? 20 : 3;

t.test('X2: a starter dies between append and publish', { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  const context = { items: 1, changes: true, pauseMs: 0, mood: 'well' };
  const starters = Array.from({ length: STARTERS }, (_, index) =>
    bed.launch({
      kind: 'starter',
      dieBeforePublish: true,
      requests: [
        {
          tenantId: TENANT,
          personId: PERSON,
          type: FAULT_TYPE,
          key: `${index}`,
          correlationId: randomUUID(),
          context,
        },
      ],
    }),
  );
  const ends = await Promise.all(starters.map(({ ended }) => ended));
  t.ok(
    ends.every((end) => end === 'SIGKILL'),
    'all of them died where they should',
  );
  await bed.process({ kind: 'program', roles: ['projector', 'worker'] });
  await bed.settled(STARTERS);
  t.same(await bed.broken(), []);
  t.equal(bed.target.effects.length, STARTERS * changesOfRun(1), 'every run was carried out all the same');
});
