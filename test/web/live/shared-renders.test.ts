import t from 'tap';
import { LIMITS } from '../../../src/web/limits.js';
import { joinCauses } from '../../../src/web/live/changed-runs.js';
import { createSharedRenders } from '../../../src/web/live/shared-renders.js';

function bed() {
  let nowMs = 0;
  const renders = createSharedRenders({ monotonicMs: () => nowMs });
  let made = 0;
  return {
    renders,
    made: () => made,
    pass: (ms: number) => {
      nowMs += ms;
    },
    once: (key: string, version = 1, sharedMs?: number) =>
      renders.once({ key, version, ...(sharedMs && { sharedMs }) }, async () => ++made),
  };
}

t.test(
  'a part is rendered once for simultaneous requests, and again after a change or a time limit',
  async (t) => {
    const { once, made, pass } = bed();
    t.same(await Promise.all([once('a'), once('a'), once('b'), once('a')]), [1, 1, 2, 1]);
    t.equal(await once('a', 2), 3, 'the rows have changed');
    t.equal(await once('a', 2), 3);
    pass(LIMITS.renderSharedMs + 1);
    t.equal(await once('a', 2), 4, 'the time has gone on');
    t.equal(await once('c', 1, 5_000), 5);
    pass(LIMITS.renderSharedMs + 1);
    t.equal(await once('c', 1, 5_000), 5, 'as long as it says');
    t.equal(made(), 5);
  },
);

t.test('a failed render fails all waiting requests, and the next request renders again', async (t) => {
  const { renders } = bed();
  let tries = 0;
  const make = async () => {
    if (++tries === 1) throw new Error('too slow');
    return 'there';
  };
  const asked = { key: 'a', version: 1 };
  const [one, other] = await Promise.allSettled([renders.once(asked, make), renders.once(asked, make)]);
  t.equal(one.status, 'rejected');
  t.equal(other.status, 'rejected');
  t.equal(await renders.once(asked, make), 'there');
});

t.test(
  'the numbers of simultaneous and of stored renders are limited, in the order of requests',
  async (t) => {
    const { renders, once, made } = bed();
    let at = 0;
    let most = 0;
    const order: number[] = [];
    const all = Array.from({ length: 50 }, (_, n) =>
      renders.once({ key: `wait ${n}`, version: 1 }, async () => {
        most = Math.max(most, ++at);
        order.push(n);
        await new Promise((resolve) => setImmediate(resolve));
        at--;
      }),
    );
    await Promise.all(all);
    t.equal(most, LIMITS.rendersAtOnce);
    t.same(
      order,
      [...order].sort((one, other) => one - other),
    );
    for (let n = 0; n <= LIMITS.rendersKept; n++) await once(`kept ${n}`);
    const before = made();
    await once('kept 0');
    t.equal(made(), before + 1, 'the oldest is forgotten');
  },
);

t.test('of two causes of a change, the wider one counts', async (t) => {
  const a = new Set(['a']);
  const b = new Set(['b']);
  t.equal(joinCauses(undefined, 'beat'), 'beat');
  t.equal(joinCauses('beat', a), a);
  t.equal(joinCauses(a, 'beat'), a);
  t.same(joinCauses(a, b), new Set(['a', 'b']));
  t.equal(joinCauses('all', a), 'all');
  t.equal(joinCauses(a, 'all'), 'all');
});
