import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { nkeys } from 'nats';
import t, { type Test } from 'tap';
import { createNatsBus } from '../../src/bus/nats/nats-bus.js';
import { systemClock } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import { natsSettingsOf } from '../../src/program/nats-settings.js';
import { silent } from '../support/database.js';
import { natsOperator } from '../support/nats-operator.js';
import { startNatsServer } from '../support/nats-server.js';
import { temporaryFolder } from '../support/running-product.js';
import { skipWithoutNats } from '../support/system-parts.js';
import { certificateAuthority } from '../support/tls-certificates.js';

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
  const { caFile } = await authorityOf(t);
  t.match(await settingsOf({ NATS_URL: 'tls://s3cret@one:4222', NATS_CA_FILE: caFile }), {
    servers: 'tls://one:4222',
    credentials: { token: 's3cret' },
    tls: { ca: /BEGIN CERTIFICATE/ },
  });
  const { seed, file: nkeyFile } = await userKey(t);
  const file = `${nkeyFile}.creds`;
  const creds = [
    ...['-----BEGIN NATS USER JWT-----', 'a.jwt', '------END NATS USER JWT------', ''],
    ...['-----BEGIN USER NKEY SEED-----', seed, '------END USER NKEY SEED------', ''],
  ].join('\n');
  await writeFile(file, creds);
  t.match(await settingsOf({ NATS_URL: 'nats://one:4222', NATS_CREDENTIALS_FILE: file }), {
    credentials: { creds },
  });
  t.match(await settingsOf({ NATS_URL: 'nats://one:4222', NATS_NKEY_FILE: nkeyFile }), {
    credentials: { nkeySeed: seed },
  });
});

t.test('contradicting settings are refused by name', async (t) => {
  const { seed, file } = await userKey(t);
  const authority = await authorityOf(t);
  const [client, server] = [await authority.issue('client'), await authority.issue('server')];
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
    [{ NATS_URL: 'nats://ops:100%@one:4222' }, /^NATS_URL is not usable: a % .* as %25/],
    [{ NATS_URL: 'nats://one:4222', NATS_CREDENTIALS_FILE: file }, /holds no user JWT and seed/],
    [{ NATS_URL: 'tls://one:4222', NATS_CA_FILE: '/no/such' }, /^NATS_CA_FILE is not usable: .*ENOENT/],
    [{ NATS_URL: 'tls://one:4222', NATS_CA_FILE: file }, /^NATS_CA_FILE is not usable: .*no certificate/],
    [
      { NATS_URL: 'tls://one:4222', NATS_CERT_FILE: client.certFile, NATS_KEY_FILE: file },
      /^NATS_KEY_FILE is not usable: .*no private key/,
    ],
    [
      { NATS_URL: 'tls://one:4222', NATS_CERT_FILE: client.certFile, NATS_KEY_FILE: server.keyFile },
      /^NATS_KEY_FILE is not usable: it is not the key/,
    ],
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

t.test(
  'a server with an operator accepts a credentials file until it ends',
  { skip: skipWithoutNats() },
  async (t) => {
    const operator = await natsOperator(await temporaryFolder(t, 'nats'));
    const nats = await startNatsServer({ args: ['--config', operator.serverFile] });
    t.teardown(() => nats.dispose());
    const good = { NATS_CREDENTIALS_FILE: await operator.credentials('good') };
    t.ok(await connects(t, nats.url, good));
    const nowSeconds = Math.floor(Date.now() / 1000);
    const ended = {
      NATS_CREDENTIALS_FILE: await operator.credentials('ended', { expiresAt: nowSeconds - 60 }),
    };
    t.ok(await saysOf(t, nats.url, ended, /refuses the credentials .* NATS_CREDENTIALS_FILE/));
    const foreign = await natsOperator(await temporaryFolder(t, 'nats'));
    const others = { NATS_CREDENTIALS_FILE: await foreign.credentials('others') };
    t.ok(await saysOf(t, nats.url, others, /refuses the credentials/));
  },
);

t.test('TLS: what the server refuses is named', { skip: skipWithoutNats() }, async (t) => {
  const authority = await authorityOf(t);
  const client = await authority.issue('client');
  const serving = async (
    name: string,
    options?: Parameters<typeof authority.issue>[1],
    more: string[] = [],
  ) => {
    const { certFile, keyFile } = await authority.issue(name, options);
    const nats = await startNatsServer({
      args: ['--tls', '--tlscert', certFile, '--tlskey', keyFile, ...more],
    });
    t.teardown(() => nats.dispose());
    return nats;
  };
  const encrypted = await serving('server');
  const mutual = await serving('mutual', {}, ['--tlsverify', '--tlscacert', authority.caFile]);
  const plain = await startNatsServer();
  t.teardown(() => plain.dispose());
  const ca = { NATS_CA_FILE: authority.caFile };
  const own = { NATS_CERT_FILE: client.certFile, NATS_KEY_FILE: client.keyFile };
  const over = ({ url }: { url: string }) => url.replace('nats:', 'tls:');
  const said = (url: string, more: NodeJS.ProcessEnv, words: RegExp) => saysOf(t, url, more, words);
  t.ok(await connects(t, over(encrypted), ca), 'a CA of its own');
  t.ok(await connects(t, over(mutual), { ...ca, ...own }), 'a client certificate');
  t.ok(await said(encrypted.url, {}, /certificate is not trusted: set NATS_CA_FILE/));
  t.ok(await said(over(mutual), ca, /asks for a client certificate that it trusts: set NATS_CERT_FILE/));
  const stranger = await (await authorityOf(t)).issue('stranger');
  const strange = { NATS_CERT_FILE: stranger.certFile, NATS_KEY_FILE: stranger.keyFile };
  t.ok(await said(over(mutual), { ...ca, ...strange }, /asks for a client certificate that it trusts/));
  t.ok(await said(over(plain), ca, /NATS speaks no TLS/));
  const expired = await serving('expired', { days: [-10, -1] });
  t.ok(await said(over(expired), ca, /certificate has expired: give the server a new one/));
  const early = await serving('early', { days: [10, 20] });
  t.ok(await said(over(early), ca, /certificate is not valid yet: compare the clocks/));
  const elsewhere = await serving('elsewhere', { names: ['nats.example'] });
  t.ok(await said(over(elsewhere), ca, /certificate is for another host name: write the name/));
});

const authorityOf = async (t: Test) => certificateAuthority(await temporaryFolder(t, 'nats'));

/** A new user's nkey, and its seed in a file with a comment, as people keep it. */
async function userKey(t: Test): Promise<{ seed: string; publicKey: string; file: string }> {
  const pair: { getSeed(): Uint8Array; getPublicKey(): string } = nkeys.createUser();
  const seed = new TextDecoder().decode(pair.getSeed());
  const file = path.join(await temporaryFolder(t, 'nats'), 'user.nk');
  await writeFile(file, `# the product's user\n${seed}\n${pair.getPublicKey()}\n`);
  return { seed, publicKey: pair.getPublicKey(), file };
}

async function connects(t: Test, url: string, more: NodeJS.ProcessEnv = {}): Promise<boolean> {
  return untilBus(t, url, more, ({ ok }) => ok);
}

/** Whether the health of a bus with these settings comes to say these words. */
async function saysOf(t: Test, url: string, more: NodeJS.ProcessEnv, words: RegExp): Promise<boolean> {
  return untilBus(t, url, more, ({ ok, detail }) => !ok && words.test(detail));
}

async function untilBus(
  t: Test,
  url: string,
  more: NodeJS.ProcessEnv,
  isThere: (health: { readonly ok: boolean; readonly detail: string }) => boolean,
): Promise<boolean> {
  const settings = await settingsOf({ NATS_URL: url, ...more });
  if (!settings) return false;
  const bus = createNatsBus({ ...settings, ackWaitMs: 10_000, clock: systemClock, logger: silent });
  t.teardown(() => bus.close());
  for (
    const began = performance.now();
    performance.now() - began < CONNECT_LIMIT_MS;
    await systemClock.sleep(20)
  )
    if (isThere(bus.health())) return true;
  return false;
}
