import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { nkeys } from 'nats';
import t, { type Test } from 'tap';
import { createNatsBus } from '../../src/bus/nats/nats-bus.js';
import { systemClock } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import { natsSettingsOf } from '../../src/program/nats-settings.js';
import { silent } from '../support/database.js';
import { startNatsServer } from '../support/nats-server.js';
import { temporaryFolder } from '../support/running-product.js';
import { skipWithoutNats } from '../support/system-parts.js';

const settingsOf = (environment: NodeJS.ProcessEnv) => natsSettingsOf(readConfig(environment));
const CONNECT_LIMIT_MS = 120_000;

t.test('credentials stand in the address and are taken out of it', async (t) => {
  t.equal(await settingsOf({}), undefined);
  t.strictSame(await settingsOf({ NATS_URL: 'nats://one:4222, nats://two:4222' }), {
    servers: 'nats://one:4222,nats://two:4222',
  });
  t.strictSame(await settingsOf({ NATS_URL: 'nats://ops:p%40ss@one:4222,nats://two:4222' }), {
    servers: 'nats://one:4222,nats://two:4222',
    credentials: { user: 'ops', password: 'p@ss' },
  });
  t.match(await settingsOf({ NATS_URL: 'tls://s3cret@one:4222', NATS_CA_FILE: '/ca.pem' }), {
    servers: 'tls://one:4222',
    credentials: { token: 's3cret' },
    tls: { caFile: '/ca.pem' },
  });
  const file = path.join(await temporaryFolder(t, 'nats'), 'user.creds');
  await writeFile(file, 'a credentials file');
  t.match(await settingsOf({ NATS_URL: 'nats://one:4222', NATS_CREDENTIALS_FILE: file }), {
    credentials: { creds: 'a credentials file' },
  });
  const { seed, file: nkeyFile } = await userKey(t);
  t.match(await settingsOf({ NATS_URL: 'nats://one:4222', NATS_NKEY_FILE: nkeyFile }), {
    credentials: { nkeySeed: seed },
  });
});

t.test('contradicting settings are refused by name', async (t) => {
  const { seed, file } = await userKey(t);
  const mistyped = `${file}.mistyped`;
  await writeFile(
    mistyped,
    seed.replace(/(?<=^.{20})./, (letter) => (letter === 'A' ? 'B' : 'A')),
  );
  const bad: readonly (readonly [NodeJS.ProcessEnv, RegExp])[] = [
    [{ NATS_URL: 'nats://a:1@one:4222,nats://b:2@two:4222' }, /^NATS_URL is not usable/],
    [
      { NATS_URL: 'nats://a:1@one:4222', NATS_CREDENTIALS_FILE: '/x' },
      /^NATS_CREDENTIALS_FILE is not usable/,
    ],
    [{ NATS_URL: 'nats://one:4222', NATS_CREDENTIALS_FILE: '/no/such' }, /can't be read \(ENOENT\)/],
    [{ NATS_URL: 'nats://a:1@one:4222', NATS_NKEY_FILE: file }, /^NATS_NKEY_FILE is not usable: NATS_URL/],
    [{ NATS_URL: 'nats://one:4222', NATS_NKEY_FILE: file, NATS_CREDENTIALS_FILE: '/x' }, /set one of them/],
    [{ NATS_URL: 'nats://one:4222', NATS_NKEY_FILE: mistyped }, /no valid seed of a user/],
    [{ NATS_URL: 'nats://one:4222', NATS_CERT_FILE: '/x' }, /go together/],
  ];
  for (const [environment, message] of bad)
    await t.rejects(settingsOf(environment), { name: 'ConfigError', message });
});

t.test('a real server accepts the credentials', { skip: skipWithoutNats() }, async (t) => {
  const withUser = await startNatsServer({ args: ['--user', 'ops', '--pass', 'p@ss'] });
  const withToken = await startNatsServer({ args: ['--auth', 's3cret'] });
  const { publicKey, file } = await userKey(t);
  const serverFile = `${file}.conf`;
  await writeFile(serverFile, `authorization { users: [{ nkey: ${publicKey} }] }`);
  const withNkey = await startNatsServer({ args: ['--config', serverFile] });
  t.teardown(() => Promise.all([withUser.dispose(), withToken.dispose(), withNkey.dispose()]));
  t.ok(await connects(t, withNkey.url, { NATS_NKEY_FILE: file }), 'nkey');
  t.ok(await connects(t, withUser.url.replace('nats://', 'nats://ops:p%40ss@')), 'user and password');
  t.ok(await connects(t, withToken.url.replace('nats://', 'nats://s3cret@')), 'token');
});

/** A new user's nkey, and its seed in a file with a comment, as people keep it. */
async function userKey(t: Test): Promise<{ seed: string; publicKey: string; file: string }> {
  const pair: { getSeed(): Uint8Array; getPublicKey(): string } = nkeys.createUser();
  const seed = new TextDecoder().decode(pair.getSeed());
  const file = path.join(await temporaryFolder(t, 'nats'), 'user.nk');
  await writeFile(file, `# the product's user\n${seed}\n${pair.getPublicKey()}\n`);
  return { seed, publicKey: pair.getPublicKey(), file };
}

async function connects(t: Test, url: string, more: NodeJS.ProcessEnv = {}): Promise<boolean> {
  const settings = await settingsOf({ NATS_URL: url, ...more });
  if (!settings) return false;
  const bus = createNatsBus({ ...settings, ackWaitMs: 10_000, clock: systemClock, logger: silent });
  t.teardown(() => bus.close());
  for (
    const began = performance.now();
    performance.now() - began < CONNECT_LIMIT_MS;
    await systemClock.sleep(20)
  )
    if (bus.health().ok) return true;
  return false;
}
