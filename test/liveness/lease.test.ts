import t from 'tap';
import { createLeaseStore } from '../../src/db/lease-store.js';
import { createLease } from '../../src/liveness/lease.js';
import { testDatabase } from '../support/database.js';

const LOST_AFTER_MS = 1_000;

t.test('one process holds the lease until it stops renewing it or releases it', async (t) => {
  const { db } = await testDatabase(t);
  const store = createLeaseStore(db);
  let nowMs = 0;
  const clock = { now: () => 0, monotonicMs: () => nowMs, sleep: async () => undefined };
  const leaseOf = (holder: string) =>
    createLease({ store, clock }, { name: 'watchdog', holder, lostAfterMs: LOST_AFTER_MS });
  const [first, second] = [leaseOf('first'), leaseOf('second')];
  t.same(await Promise.all([first.hold(), second.hold()]).then((held) => held.filter(Boolean)), [true]);
  const [holder, other] = (await first.hold()) ? [first, second] : [second, first];
  for (let pass = 0; pass < 5; pass++) {
    nowMs += LOST_AFTER_MS;
    t.ok(await holder.hold());
    t.notOk(await other.hold(), 'it is renewed');
  }
  nowMs += LOST_AFTER_MS + 1;
  t.ok(await other.hold(), 'its holder has fallen silent');
  t.notOk(await holder.hold(), 'and finds it taken when it wakes');
  await holder.release();
  t.ok(await other.hold(), 'only the holder releases it');
  await other.release();
  t.ok(await holder.hold());
});

t.test('a process that can’t write to the log leaves the work to the others', async (t) => {
  const { db } = await testDatabase(t);
  const store = createLeaseStore(db);
  const clock = { now: () => 0, monotonicMs: () => 0, sleep: async () => undefined };
  const isWrong = new Set<string>();
  const leaseOf = (holder: string) =>
    createLease(
      { store, clock, canWrite: async () => !isWrong.has(holder) },
      { name: 'watchdog', holder, lostAfterMs: LOST_AFTER_MS },
    );
  const [wrong, right] = [leaseOf('wrong'), leaseOf('right')];
  t.ok(await wrong.hold());
  isWrong.add('wrong');
  t.notOk(await wrong.hold(), 'its clock is wrong');
  t.ok(await right.hold(), 'another one has it at once');
  isWrong.delete('wrong');
  t.notOk(await wrong.hold());
});
