import { writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { runUntilStopped } from '../../src/cli/run-until-stopped.js';

/**
 * A command that runs until it is stopped, for the test of `runUntilStopped`. Its argument says how it behaves. It writes
 * a line when it is up and one for each part that was stopped.
 */
const say = (line: string): void => void writeSync(1, `${line}\n`);
const behaviour = process.argv[2];

try {
  await runUntilStopped(
    pino({ level: 'error' }, pino.destination({ dest: 2, sync: true })),
    async ({ parts, stopping }) => {
      await parts.add(
        'part',
        // Keeps the process alive, as a server does.
        async () => setInterval(() => undefined, 60_000),
        async (kept) => {
          clearInterval(kept);
          say('part stopped');
        },
      );
      if (behaviour === 'leaves-a-server') createServer().listen(0, '127.0.0.1');
      if (behaviour === 'fails') throw new Error('the start failed');
      if (behaviour === 'fails-later')
        setTimeout(() => stopping.fail(new Error('a part can never work')), 50);
      say('up');
      if (behaviour === 'ends') return;
      if (behaviour === 'hangs') await wait(2 ** 31 - 1);
      await stopping.requested;
      if (behaviour === 'fails-while-stopping') throw new Error('interrupted');
    },
  );
  say('ended');
} catch (error) {
  say(`failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
