import t from 'tap';
import { createStandBack, LOOK_EVERY_MS } from '../../src/worker/stand-back.js';
import { silent } from '../support/database.js';
import { until } from '../support/until.js';

function setUp({ canWrite }: { canWrite: boolean }) {
  const did: string[] = [];
  const state = { canWrite, looks: 0 };
  let wake: () => void = () => undefined;
  const standBack = createStandBack({
    consumption: { pause: async () => void did.push('pause'), resume: () => void did.push('resume') },
    ledger: {
      canWrite: async () => {
        state.looks += 1;
        return state.canWrite;
      },
    },
    clock: {
      now: () => 0,
      monotonicMs: () => 0,
      sleep: (ms, signal) => {
        did.push(`sleep ${ms}`);
        return new Promise((resolve) => {
          wake = resolve;
          signal?.addEventListener('abort', () => resolve());
        });
      },
    },
    logger: silent,
  });
  const slept = `sleep ${LOOK_EVERY_MS}`;
  return { standBack, did, state, slept, wake: () => wake() };
}

t.test('a worker that can’t write takes no commands until it can', async (t) => {
  const { standBack, did, state, slept, wake } = setUp({ canWrite: false });
  standBack.logFailed();
  standBack.logFailed();
  await until(() => did.length >= 2, 0);
  t.same(did, ['pause', slept], 'two errors are one pause');
  wake();
  await until(() => did.length >= 3, 0);
  t.same(did, ['pause', slept, slept]);
  state.canWrite = true;
  wake();
  await until(() => did.length >= 4, 0);
  t.same(did, ['pause', slept, slept, 'resume']);
  state.canWrite = false;
  standBack.logFailed();
  await until(() => did.length >= 6, 0);
  t.same(did.slice(4), ['pause', slept], 'it happens again');
});

t.test('an error that concerns one run alone pauses nothing', async (t) => {
  const { standBack, did, state } = setUp({ canWrite: true });
  standBack.logFailed();
  await until(() => state.looks >= 1, 0);
  t.same(did, []);
});

t.test('a worker that stops takes no commands again', async (t) => {
  const { standBack, did, state, slept } = setUp({ canWrite: false });
  standBack.logFailed();
  await until(() => did.length >= 2, 0);
  state.canWrite = true;
  standBack.stop();
  standBack.logFailed();
  await new Promise(setImmediate);
  t.same(did, ['pause', slept]);
});
