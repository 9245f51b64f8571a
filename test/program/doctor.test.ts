import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { nkeys } from 'nats';
import t from 'tap';
import { type Clock, systemChance, systemClock } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import { bindLedger } from '../../src/db/ledger-identity.js';
import { createWriterPool } from '../../src/db/pools.js';
import type { PrimaryTables } from '../../src/db/primary-tables.js';
import { startEventStore } from '../../src/embedded/event-store/index.js';
import { createEventStoreLog } from '../../src/ledger/event-store-log.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { examine } from '../../src/program/doctor.js';
import { identifyLedger } from '../../src/program/ledger-identity.js';
import { productEvents } from '../../src/program/product-events.js';
import { silent, testDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { natsOperator } from '../support/nats-operator.js';
import { startNatsServer } from '../support/nats-server.js';
import { temporaryFolder } from '../support/running-product.js';
import { serveTls } from '../support/serve-tls.js';
import { skipWithoutNats } from '../support/system-parts.js';
import { certificateAuthority } from '../support/tls-certificates.js';

const MASTER_KEY = randomBytes(32).toString('hex');

async function look(environment: NodeJS.ProcessEnv, clock: Clock = systemClock) {
  const findings = await examine({ config: readConfig(environment), clock, logger: silent });
  return {
    findings,
    wrong: findings.filter(({ state }) => state === 'wrong').map(({ part, detail }) => `${part}: ${detail}`),
  };
}

t.test('servers without problems', { skip: skipWithoutNats() }, async (t) => {
  const { url, hubUrl, adminUrl } = await testDatabase(t);
  const nats = await startNatsServer();
  const store = await startEventStore({ dataDir: await temporaryFolder(t, 'doctor') });
  t.teardown(() => Promise.all([nats.dispose(), store.stop()]));
  const environment = {
    DATABASE_URL: url,
    HUB_DATABASE_URL: hubUrl,
    EVENTSTORE_URL: store.url,
    NATS_URL: nats.url,
    OPSLEDGER_MASTER_KEY: MASTER_KEY,
  };
  const { findings, wrong } = await look(environment);
  t.same(wrong, []);
  for (const part of ['PostgreSQL', 'hub’s database login', 'event store', 'NATS', 'master key'])
    t.ok(
      findings.some((finding) => finding.part === part && finding.state === 'ok'),
      part,
    );

  const ahead: Clock = { ...systemClock, now: () => systemClock.now() + 60_000 };
  t.match((await look(environment, ahead)).wrong, [
    /this machine’s clock is \d+\.\d s ahead of PostgreSQL’s: both must be set by NTP/,
    /this machine’s clock is \d+\.\d s ahead of the event store’s: /,
  ]);
  t.match(
    (await look({ ...environment, HUB_DATABASE_URL: adminUrl.replace('postgres:', 'postgresql:') })).wrong,
    [],
  );
});

t.test('the files of an embedded event store are read unless it runs', async (t) => {
  const folder = await temporaryFolder(t, 'doctor-embedded');
  const dataDir = path.join(folder, 'event-store');
  const found = async () =>
    (await look({ OPSLEDGER_DATA: folder })).findings
      .filter(({ part }) => part === 'event store')
      .map(({ state, detail }) => `${state}: ${detail}`);
  t.same(await found(), ['ok: embedded, since EVENTSTORE_URL is not set']);
  const store = await startEventStore({ dataDir });
  const client = EventStoreDBClient.connectionString(store.url);
  for (const n of [1, 2]) await client.appendToStream('a', jsonEvent({ type: 'Happened', data: { n } }));
  await client.dispose();
  t.match(await found(), [/^ok: .*in use$/]);
  await store.stop();
  t.match(await found(), [/^ok: .*its 2 events are whole$/]);
  await rm(path.join(dataDir, 'head'));
  t.match(await found(), [/^warning: .*head is missing/]);
  const [log = ''] = (await readdir(path.join(dataDir, 'log'))).filter((name) => name.endsWith('.log'));
  const bytes = await readFile(path.join(dataDir, 'log', log));
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 60) ^ 4, bytes.length - 60);
  await writeFile(path.join(dataDir, 'log', log), bytes);
  t.match(await found(), [/^wrong: .* is damaged at byte \d+: .*restore a backup/]);
});

t.test('each problem is reported with what to do', { skip: skipWithoutNats() }, async (t) => {
  const { url } = await testDatabase(t);
  const port = await freePort();
  const nats = await startNatsServer({ args: ['--user', 'ops', '--pass', 'right'] });
  t.teardown(() => nats.dispose());
  const wrongPassword = new URL(url);
  wrongPassword.password = 'wrong';
  const { wrong } = await look({
    DATABASE_URL: wrongPassword.href,
    EVENTSTORE_URL: `esdb://127.0.0.1:${port}?tls=false`,
    NATS_URL: nats.url.replace('nats://', 'nats://ops:wrong@'),
    OPSLEDGER_MASTER_KEY: MASTER_KEY,
  });
  t.match(
    wrong.join('\n'),
    /PostgreSQL: The database refuses the program’s login \(password authentication failed.*or correct DATABASE_URL$/m,
  );
  t.match(wrong.join('\n'), /event store: .*does(n't| not) answer.*: start it, or correct EVENTSTORE_URL/);
  t.match(wrong.join('\n'), /NATS: NATS refuses the credentials .*: correct those in NATS_URL/);
  t.notMatch(wrong.join('\n'), 'right');
});

t.test(
  'the log of another installation, and a login that may not publish',
  { skip: skipWithoutNats() },
  async (t) => {
    const { url } = await testDatabase(t);
    const folder = await temporaryFolder(t, 'doctor');
    const db = createWriterPool<PrimaryTables>(url, { logger: silent, connectionsMax: 1 });
    const store = await startEventStore({ dataDir: folder });
    const serverFile = path.join(folder, 'permissions.conf');
    const permissions = 'publish: ["$JS.API.>", "$JS.ACK.>"], subscribe: ["_INBOX.>"]';
    await writeFile(
      serverFile,
      `authorization { users: [{ user: ops, password: right, permissions: { ${permissions} } }] }`,
    );
    const nats = await startNatsServer({ args: ['--config', serverFile] });
    const log = createEventStoreLog({ url: store.url });
    t.teardown(async () => {
      await Promise.all([db.destroy(), log.close()]);
      await Promise.all([nats.dispose(), store.stop()]);
    });
    const environment = {
      DATABASE_URL: url,
      EVENTSTORE_URL: store.url,
      NATS_URL: nats.url.replace('nats://', 'nats://ops:right@'),
      OPSLEDGER_MASTER_KEY: MASTER_KEY,
    };
    const refused = /^NATS: NATS refuses a permission .*publish to cmd\.>/;
    t.match((await look(environment)).wrong, [refused], 'a database that is bound to no log yet');

    const elsewhere = await testDatabase(t);
    const { wrong } = await look({
      ...environment,
      DATABASE_SESSION_URL: elsewhere.url,
      HUB_DATABASE_URL: elsewhere.hubUrl,
    });
    t.match(wrong, [
      /^PostgreSQL: DATABASE_SESSION_URL leads to another database than DATABASE_URL/,
      /^hub’s database login: HUB_DATABASE_URL leads to another database than DATABASE_URL/,
      refused,
    ]);

    const own = systemChance.uuid();
    await bindLedger(db, own);
    t.match((await look(environment)).wrong, [
      `ledger: The database belongs to the log ${own}, but the event store is empty.`,
      refused,
    ]);
    const ledger = createLedger({ log, events: productEvents, clock: systemClock, chance: systemChance });
    const other = await testDatabase(t);
    const otherDb = createWriterPool<PrimaryTables>(other.url, { logger: silent, connectionsMax: 1 });
    const others = await identifyLedger(ledger, otherDb, systemChance);
    await otherDb.destroy();
    t.match((await look(environment)).wrong, [
      `ledger: This database belongs to the ledger ${own}, and the event store holds ${others}: check DATABASE_URL`,
      refused,
    ]);
  },
);

t.test(
  'a credentials file and an nkey are used as the processes use them',
  { skip: skipWithoutNats() },
  async (t) => {
    const folder = await temporaryFolder(t, 'doctor');
    const operator = await natsOperator(folder);
    const withOperator = await startNatsServer({ args: ['--config', operator.serverFile] });
    const user: { getSeed(): Uint8Array; getPublicKey(): string } = nkeys.createUser();
    const [serverFile, nkeyFile] = [path.join(folder, 'nkey.conf'), path.join(folder, 'user.nk')];
    await writeFile(serverFile, `authorization { users: [{ nkey: ${user.getPublicKey()} }] }`);
    await writeFile(nkeyFile, new TextDecoder().decode(user.getSeed()));
    const withNkey = await startNatsServer({ args: ['--config', serverFile] });
    t.teardown(() => Promise.all([withOperator.dispose(), withNkey.dispose()]));
    const dataFolder = { OPSLEDGER_DATA: folder };
    for (const environment of [
      { NATS_URL: withOperator.url, NATS_CREDENTIALS_FILE: await operator.credentials('good') },
      { NATS_URL: withNkey.url, NATS_NKEY_FILE: nkeyFile },
    ]) {
      const { findings } = await look({ ...environment, ...dataFolder });
      t.match(
        findings.find(({ part }) => part === 'NATS'),
        { state: 'ok', detail: /JetStream/ },
      );
    }
  },
);

/**
 * What the doctor, a start and Health say of each server whose certificate isn't accepted. PostgreSQL is the one of
 * this test file, to which TLS is added.
 */
t.test(
  'TLS: certificates that are not accepted are named for every server',
  { skip: skipWithoutNats() },
  async (t) => {
    const { url } = await testDatabase(t);
    const folder = await temporaryFolder(t, 'doctor');
    const authority = await certificateAuthority(folder);
    const stranger = await certificateAuthority(folder, 'stranger');
    const databaseUrl = new URL(url);
    databaseUrl.searchParams.set('sslmode', 'verify-full');
    databaseUrl.searchParams.set('sslrootcert', authority.caFile);

    t.match((await look({ DATABASE_URL: databaseUrl.href, OPSLEDGER_MASTER_KEY: MASTER_KEY })).wrong, [
      /^PostgreSQL: The database speaks no TLS/,
    ]);
    for (const [words, issue] of [
      [/has expired/, () => authority.issue('expired', { days: [-10, -1] })],
      [
        /is for another host name: write the name/,
        () => authority.issue('elsewhere', { names: ['db.example'] }),
      ],
      [/is not valid yet/, () => authority.issue('early', { days: [10, 20] })],
      [/is not trusted: set .*its certificate authority/, () => stranger.issue('strange')],
      [null, () => authority.issue('good')],
    ] as const) {
      const { certFile, keyFile } = await issue();
      const nats = await startNatsServer({ args: ['--tls', '--tlscert', certFile, '--tlskey', keyFile] });
      const store = await startEventStore({
        dataDir: await temporaryFolder(t, 'doctor'),
        tls: { certificate: await readFile(certFile), key: await readFile(keyFile) },
      });
      await serveTls({ certFile, keyFile });
      const { wrong } = await look({
        DATABASE_URL: databaseUrl.href,
        EVENTSTORE_URL: `esdb://127.0.0.1:${store.port}?tls=true&tlsCAFile=${authority.caFile}`,
        NATS_URL: nats.url.replace('nats:', 'tls:'),
        NATS_CA_FILE: authority.caFile,
        OPSLEDGER_MASTER_KEY: MASTER_KEY,
      });
      await Promise.all([nats.dispose(), store.stop()]);
      if (words === null) {
        t.same(wrong, []);
        continue;
      }
      for (const part of ['PostgreSQL: The database’s', 'event store: .*its', 'NATS: NATS’s'])
        t.ok(
          wrong.some((line) => new RegExp(`^${part} certificate ${words.source}`).test(line)),
          `${part} certificate ${words.source} in ${wrong.join('\n')}`,
        );
    }
  },
);
