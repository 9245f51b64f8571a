import { pino } from 'pino';
import t from 'tap';
import { Periodic } from '../../src/timing/periodic.js';
import { countedPasses } from '../support/counted-passes.js';

const logger = pino({ level: 'silent' });

t.test('after an error the loop goes on, and shows the error until a pass succeeds', async (t) => {
  const { clock, done } = countedPasses(3);
  const troubles: (string | undefined)[] = [];
  const loop: Periodic = new Periodic(
    'test',
    1_000,
    async () => {
      troubles.push(loop.trouble);
      if (troubles.length === 1) throw new Error('postgres://ops:s0-Long.And_Odd@db:5432/ops is away');
    },
    { clock, logger },
  );
  loop.start();
  await done;
  const shown = 'postgres://[redacted:url-credentials]@db:5432/ops is away';
  t.strictSame(troubles, [undefined, shown, undefined], 'without what nobody may read');
  await loop.stop();
});

t.test(
  'a second start begins no second loop, and a stop waits for the pass and may be repeated',
  async (t) => {
    // The last allowed wait of this clock ends with the signal only, which has aborted by then, so two are allowed.
    const { clock } = countedPasses(2);
    let [begun, ended] = [0, 0];
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const pass = async () => {
      begun += 1;
      await held;
      ended += 1;
    };
    const loop = new Periodic('test', 1_000, pass, { clock, logger });
    await loop.stop();
    loop.start();
    loop.start();
    t.equal(begun, 1);
    const stopped = Promise.all([loop.stop(), loop.stop()]);
    goOn();
    await stopped;
    t.equal(ended, 1);
  },
);
