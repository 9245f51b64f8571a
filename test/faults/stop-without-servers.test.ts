import t from 'tap';
import type { RawEvent } from '../../src/ledger/event-log.js';
import { createFaultBed, longRun } from '../support/fault-bed.js';
import { skipWithoutNats } from '../support/system-parts.js';

const program = {
  kind: 'program' as const,
  roles: ['web' as const, 'worker' as const, 'projector' as const],
};
/**
 * More than the limits of a stop with the bed's drain limit of 1 s: 11 s for the worker and 13 s for all other parts.
 */
const STOP_LIMIT_MS = 25_000;

t.test(
  'SIGTERM ends a process in time, whichever servers are away',
  { skip: skipWithoutNats() },
  async (t) => {
    const bed = await createFaultBed(t);
    const faults: (readonly [string, () => void, () => void])[] = [
      ['the event store is gone', () => bed.storeProxy.goAway(), () => bed.storeProxy.heal()],
      [
        'every server says nothing',
        () => {
          bed.storeProxy.hang();
          bed.databaseProxy.hang();
          bed.nats.freeze();
        },
        () => {
          bed.storeProxy.heal();
          bed.databaseProxy.heal();
          bed.nats.thaw();
        },
      ],
    ];
    if (longRun)
      faults.push([
        'PostgreSQL says nothing',
        () => bed.databaseProxy.hang(),
        () => bed.databaseProxy.heal(),
      ]);
    let started = 0;
    for (const [what, break_, heal] of faults)
      await t.test(what, async (t) => {
        const running = await bed.process({ ...program, roles: [...program.roles] });
        const { runId = '' } = await bed.start(what, { items: 40, pauseMs: 100 });
        started += 1;
        const isOfThisRun = ({ metadata }: RawEvent) => JSON.stringify(metadata).includes(runId);
        await bed.seen((event) => event.type === 'RunItemsRecorded' && isOfThisRun(event));
        break_();
        const askedMs = performance.now();
        running.signal('SIGTERM');
        const end = await running.ended;
        const tookMs = Math.round(performance.now() - askedMs);
        heal();
        t.equal(end, 0, 'it ends well');
        t.ok(tookMs < STOP_LIMIT_MS, `it took ${tookMs} ms`);
      });
    await Promise.all([
      bed.process({ ...program, roles: ['worker'] }),
      bed.process({ ...program, roles: ['projector'] }),
    ]);
    await bed.settled(started);
    t.same(await bed.broken(), [], 'no promise was broken');
  },
);
