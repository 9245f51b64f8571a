import { execFileSync } from 'node:child_process';
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
  const { server } = await certificates(t);
  t.match(await settingsOf({ NATS_URL: 'tls://s3cret@one:4222', NATS_CA_FILE: server.certFile }), {
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
  const { client, server } = await certificates(t);
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

t.test('TLS: what the server refuses is named', { skip: skipWithoutNats() }, async (t) => {
  const { client, server } = await certificates(t);
  const tls = ['--tls', '--tlscert', server.certFile, '--tlskey', server.keyFile];
  const encrypted = await startNatsServer({ args: tls });
  const mutual = await startNatsServer({
    args: ['--tlsverify', '--tlscacert', client.certFile, ...tls.slice(1)],
  });
  const plain = await startNatsServer();
  t.teardown(() => Promise.all([encrypted.dispose(), mutual.dispose(), plain.dispose()]));
  const ca = { NATS_CA_FILE: server.certFile };
  const own = { NATS_CERT_FILE: client.certFile, NATS_KEY_FILE: client.keyFile };
  const over = ({ url }: { url: string }) => url.replace('nats:', 'tls:');
  const said = (url: string, more: NodeJS.ProcessEnv, words: RegExp) => saysOf(t, url, more, words);
  t.ok(await connects(t, over(encrypted), ca), 'a CA of its own');
  t.ok(await connects(t, over(mutual), { ...ca, ...own }), 'a client certificate');
  t.ok(await said(encrypted.url, {}, /certificate is not trusted: set NATS_CA_FILE/));
  t.ok(await said(over(mutual), ca, /set NATS_CERT_FILE and NATS_KEY_FILE/));
  t.ok(await said(over(plain), ca, /NATS speaks no TLS/));
});

interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Self-signed certificates of a server on loopback and of a client, each its own authority. */
async function certificates(t: Test): Promise<Record<'server' | 'client', CertificateFiles>> {
  const folder = await temporaryFolder(t, 'nats');
  const made = (name: string): CertificateFiles => {
    const [certFile, keyFile] = [path.join(folder, `${name}.pem`), path.join(folder, `${name}.key`)];
    const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...key, ...names, '-keyout', keyFile, '-out', certFile], {
      stdio: 'pipe',
    });
    return { certFile, keyFile };
  };
  return { server: made('server'), client: made('client') };
}

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
