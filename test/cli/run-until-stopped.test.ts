import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { programEnvironment } from '../support/running-product.js';

const PROCESS = fileURLToPath(new URL('./run-until-stopped-process.js', import.meta.url));

t.setTimeout(240_000);

/** Runs a command that behaves in one way; `signal` is sent once it is up. */
async function command(behaviour: string, signal?: NodeJS.Signals) {
  const child = spawn(process.execPath, [PROCESS, behaviour], { env: programEnvironment() });
  const exited = once(child, 'exit');
  const logged = text(child.stderr);
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line === 'up' && signal) child.kill(signal);
  }
  return { lines, exit: await exited, logged: await logged };
}

// The processes mostly wait, so they run at the same time.
t.test('a command that runs until it is stopped', { jobs: 8 }, async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    t.test(`ends in order on ${signal}`, async (t) => {
      t.match(await command('waits', signal), { lines: ['up', 'part stopped', 'ended'], exit: [0, null] });
    });

  t.test('ends by itself when its work has ended', async (t) => {
    t.match(await command('ends'), { lines: ['up', 'part stopped', 'ended'], exit: [0, null] });
  });

  t.test('a start that fails stops what was started, and says why', async (t) => {
    const ended = await command('fails');
    t.match(ended, { lines: ['part stopped', 'failed: the start failed'], exit: [1, null] });
  });

  t.test('a part that can never work ends it with its sentence', async (t) => {
    const ended = await command('fails-later');
    t.match(ended, { lines: ['up', 'part stopped', 'failed: a part can never work'], exit: [1, null] });
  });

  t.test('an error of the work after the signal is the interruption, not a failure', async (t) => {
    const ended = await command('fails-while-stopping', 'SIGTERM');
    t.match(ended, { lines: ['up', 'part stopped', 'ended'], exit: [0, null] });
  });

  t.test('work that does not notice the signal is abandoned', async (t) => {
    const { lines, exit, logged } = await command('hangs', 'SIGTERM');
    t.same(lines, ['up', 'part stopped', 'ended']);
    t.same(exit, [0, null]);
    t.match(logged, /the start did not end in time and is abandoned/);
  });

  t.test('a process that something keeps alive is ended, and what it is is logged', async (t) => {
    const { lines, exit, logged } = await command('leaves-a-server', 'SIGTERM');
    t.same(lines, ['up', 'part stopped', 'ended']);
    t.same(exit, [0, null]);
    t.match(logged, /the process is ended although something is left/);
    t.match(logged, /TCPServerWrap/);
  });
});
