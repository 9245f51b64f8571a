import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const script = fileURLToPath(new URL('./install-system-parts.js', import.meta.url));

function run(environment: Readonly<Record<string, string>>) {
  const { NODE_OPTIONS: _, CI: __, ...env } = process.env;
  return spawnSync(process.execPath, [script], { env: { ...env, ...environment }, encoding: 'utf8' });
}

const missing = {
  OPSLEDGER_NATS_SERVER: '/nowhere/nats-server',
  OPSLEDGER_CHROMIUM: process.execPath,
};

t.test('says what is missing and how to get it, and lets the tests go on without', async (t) => {
  const { status, stderr } = run(missing);
  t.equal(status, 0);
  t.match(stderr, /nats-server is missing.*apt-get install nats-server.*OPSLEDGER_NATS_SERVER/);
  t.notMatch(stderr, /Chromium is missing/);
});

t.test('in CI, what is missing is a failure', async (t) => {
  t.equal(run({ ...missing, CI: 'true' }).status, 1);
});

t.test('says nothing when all is there', async (t) => {
  const { status, stderr } = run({ ...missing, OPSLEDGER_NATS_SERVER: process.execPath, CI: 'true' });
  t.equal(status, 0);
  t.equal(stderr, '');
});
