import { readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import t from 'tap';
import { packageRoot } from '../../../src/app-version.js';
import { createSeededChance } from '../../support/seeded-chance.js';

const script = readFileSync(path.join(packageRoot, 'views/assets/live.js'), 'utf8');

/** The worker of one browser, on a clock that the test moves, with a server that answers as `fetch` does. */
function browserWorker(random: () => number, fetch: () => Promise<unknown>) {
  const timers: { run: () => void; ms: number }[] = [];
  const listeners = new Map<string, (event: object) => void>();
  const self = {
    addEventListener: (name: string, listen: (event: object) => void) => listeners.set(name, listen),
  };
  vm.runInNewContext(script, {
    SharedWorkerGlobalScope: class {},
    self,
    fetch,
    AbortController,
    TextDecoderStream,
    Math: Object.assign(Object.create(Math), { random }),
    setTimeout: (run: () => void, ms: number) => timers.push({ run, ms }),
    clearTimeout: () => undefined,
    setInterval: () => undefined,
  });
  let send: (event: object) => void = () => undefined;
  const messages: { kind: string; word?: string }[] = [];
  const port = {
    addEventListener: (_name: string, listen: (event: object) => void) => {
      send = listen;
    },
    postMessage: (message: { kind: string }) => messages.push(message),
    start: () => undefined,
  };
  listeners.get('connect')?.({ ports: [port] });
  send({ data: { kind: 'show', page: { address: '/x?position=1', csrf: '', heartbeatMs: 15_000 } } });
  return { timers, messages };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

t.test('fifty browsers reconnect after a restart at different times', async (t) => {
  const delays: number[] = [];
  for (let seed = 1; seed <= 50; seed++) {
    const chance = createSeededChance(seed);
    const away = async () => Promise.reject(new TypeError('connection refused'));
    const worker = browserWorker(() => chance.fraction(), away);
    worker.timers.shift()?.run();
    await settled();
    t.match(worker.messages.at(-1), { kind: 'state', word: 'reconnecting' });
    delays.push(worker.timers.at(-1)?.ms ?? 0);
  }
  delays.sort((a, b) => a - b);
  const most = Math.max(...delays.map((from) => delays.filter((at) => at >= from && at < from + 200).length));
  t.ok(most <= 15, `at most ${most} of 50 within 200 ms`);
});

t.test('a Retry-After header of the server is followed', async (t) => {
  const headers = new Headers({ 'retry-after': '30' });
  const worker = browserWorker(
    () => 0,
    async () => ({ ok: false, status: 429, headers }),
  );
  worker.timers.shift()?.run();
  await settled();
  t.equal(worker.timers.at(-1)?.ms, 30_000);
});
