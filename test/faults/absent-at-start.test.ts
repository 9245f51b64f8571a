import t from 'tap';
import { createFaultBed } from '../support/fault-bed.js';
import { skipWithoutNats } from '../support/system-parts.js';

const projector = { kind: 'program' as const, roles: ['projector' as const] };
const worker = { kind: 'program' as const, roles: ['worker' as const] };

t.test('X15: what is absent at the start ends it with a code', { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  for (const [what, proxy] of [
    ['PostgreSQL', bed.databaseProxy],
    ['the event store', bed.storeProxy],
  ] as const) {
    proxy.goAway();
    const refused = bed.launch(projector);
    const end = await refused.ended;
    t.ok(typeof end === 'number' && end !== 0, `without ${what} it ends with ${end}`);
    t.ok(refused.complaints().length > 0, 'and says why');
    proxy.heal();
  }
  await bed.nats.kill();
  await Promise.all([bed.process(projector), bed.process(worker)]);
  t.match(await bed.start('without a bus'), { kind: 'started', dispatched: false });
  await bed.nats.start();
  await bed.start('with it');
  await bed.settled(2);
  t.same(await bed.broken(), [], 'NATS may come later: the worker waits for it');
});
