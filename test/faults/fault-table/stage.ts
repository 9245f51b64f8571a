import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import type { Test } from 'tap';
import { systemChance, systemClock } from '../../../src/clock.js';
import { recordPerson } from '../../../src/db/persons.js';
import { createLedger } from '../../../src/ledger/ledger.js';
import { productEvents } from '../../../src/program/product-events.js';
import { setMemberRole } from '../../../src/tenancy/tenant-commands.js';
import { createSessionStore } from '../../../src/web/auth/session-store.js';
import { createFaultBed, PERSON, TENANT } from '../../support/fault-bed.js';
import { freePort } from '../../support/free-port.js';
import { issueTestToken } from '../../support/issue-test-token.js';
import { temporaryFolder } from '../../support/running-product.js';
import { serveTls } from '../../support/serve-tls.js';
import { smallTablespace, useTablespace } from '../../support/small-tablespace.js';
import { type CertificateFiles, certificateAuthority } from '../../support/tls-certificates.js';
import { type FalseClock, falseClock } from './false-clock.js';
import { keepEventStore } from './kept-event-store.js';
import { type KeptProcess, keepRunning } from './kept-running.js';
import { type NatsRules, natsConfiguration } from './nats-rules.js';
import { type SteadyLoad, startLoad } from './steady-load.js';
import { startTlsGateway } from './tls-gateway.js';

const DATABASE_DISK_MEGABYTES = 400;
const STORE_DISK_MEGABYTES = 200;
const TOKEN_LIFETIME_MS = 86_400_000;
/** The product's own waits in place of the bed's short ones. */
const OWN_WAITS = Object.fromEntries(
  ['BEAT_EVERY', 'LOST_AFTER', 'RESEND_AFTER', 'PUBLISH_TIMEOUT', 'DISPATCH_EVERY', 'ACK_WAIT', 'DRAIN'].map(
    (wait) => [`OPSLEDGER_${wait}_MS`, ''],
  ),
);

export type Stage = Awaited<ReturnType<typeof startStage>>;

/**
 * The product as separate processes on real servers, with TLS on every connection and the product's own waits: a web
 * process, two workers, a projector, `opsledger event-store`, PostgreSQL and nats-server.
 */
export async function startStage(t: Test) {
  const stopped = new AbortController();
  const { signal } = stopped;
  const folder = await temporaryFolder(t, 'fault-table');
  const authority = await certificateAuthority(folder);
  const good = await authority.issue('good');
  const natsCertificate = { certFile: path.join(folder, 'nats.pem'), keyFile: path.join(folder, 'nats.key') };
  const natsFile = path.join(folder, 'nats.conf');
  const clocks = new Map<string, FalseClock | undefined>();
  const clockOf = (name: string) => {
    const clock = falseClock(folder, name);
    clocks.set(name, clock);
    return clock?.environment ?? {};
  };
  const writeNatsRules = async (rules: NatsRules, { certFile, keyFile }: CertificateFiles = good) => {
    await copyFile(certFile, natsCertificate.certFile);
    await copyFile(keyFile, natsCertificate.keyFile);
    await writeFile(natsFile, natsConfiguration(natsCertificate, rules));
  };
  await writeNatsRules({});
  const storeFolder = path.join(folder, 'store-disk');
  await mkdir(storeFolder);
  mountSmall(t, storeFolder, STORE_DISK_MEGABYTES);
  const dataDir = path.join(storeFolder, 'events');
  t.teardown(() => stopped.abort());

  // Before the bed, because a tablespace is removed after the databases that use it.
  const tablespace = await smallTablespace(t, DATABASE_DISK_MEGABYTES);
  const store = await keepEventStore(dataDir, clockOf('event store'), signal);
  const bed = await createFaultBed(t, { nats: { args: ['-c', natsFile] }, startStore: async () => store });
  const asAdmin = async (statement: string): Promise<readonly Record<string, unknown>[]> => {
    const client = new pg.Client(bed.database.adminUrl);
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  };
  const admin = new pg.Client(bed.database.adminUrl);
  await admin.connect();
  if (tablespace) await useTablespace(admin, tablespace);
  await admin.end();
  await serveTls(good);
  const gateway = await startTlsGateway(bed.storeProxy.port, good);
  t.teardown(() => gateway.close());

  const throughTls = (address: string): string => {
    const url = new URL(address);
    url.port = String(bed.databaseProxy.port);
    url.searchParams.set('sslmode', 'verify-full');
    url.searchParams.set('sslrootcert', authority.caFile);
    return url.href;
  };
  const natsUrl = new URL(bed.nats.url);
  [natsUrl.username, natsUrl.password] = ['ledger', 'a-password'];
  const port = await freePort();
  const environment = {
    ...OWN_WAITS,
    DATABASE_URL: throughTls(bed.database.url),
    HUB_DATABASE_URL: throughTls(bed.database.hubUrl),
    EVENTSTORE_URL: `esdb://127.0.0.1:${gateway.port}?tls=true&tlsCAFile=${authority.caFile}`,
    NATS_URL: natsUrl.href.replace('nats:', 'tls:'),
    NATS_CA_FILE: authority.caFile,
    OPSLEDGER_PORT: String(port),
    OPSLEDGER_DATA: path.join(folder, 'unused'),
  };
  await bed.connectTenant('http://127.0.0.1:9');
  const { token, cookie } = await signIn(bed);
  const keep = (name: string, role: 'web' | 'worker' | 'projector') => {
    const clock = clockOf(name);
    const own = { ...environment, ...clock, OPSLEDGER_WORKER_NAME: name };
    return keepRunning(name, () => bed.launch({ kind: 'program', roles: [role] }, own), signal);
  };
  const projector = keep('projector', 'projector');
  const workers: readonly [KeptProcess, KeptProcess] = [
    keep('worker 1', 'worker'),
    keep('worker 2', 'worker'),
  ];
  const web = keep('web', 'web');
  const url = `http://127.0.0.1:${port}`;
  const load: SteadyLoad = startLoad({
    url: `${url}/api/v1/tenants/faults/runs`,
    token,
    tenantId: TENANT,
    answers: bed.answers,
    stopped: signal,
  });

  return {
    t,
    bed,
    store,
    folder,
    dataDir,
    authority,
    good,
    gateway,
    environment,
    url,
    cookie,
    load,
    tablespace,
    /** How the processes that a fault itself started have ended. */
    ended: [] as { readonly code: number | string; readonly complaints: string }[],
    stranger: await certificateAuthority(folder, 'stranger'),
    hasFalseClocks: [...clocks.values()].every((clock) => clock !== undefined),
    asAdmin,
    clocks,
    web,
    workers,
    projector,
    writeNatsRules,
    processes: [web, ...workers, projector],
    /** Ends the connections of the product's logins, so that they are made again. */
    cutDatabase: () =>
      asAdmin(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where usename in ('opsledger', 'opsledger_hub') and datname = current_database()`),
    stop: () => stopped.abort(),
  };
}

/** A folder on a file system of its own. */
function mountSmall(t: Test, folder: string, megabytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' });
  t.teardown(() => void execFileSync('umount', ['-l', folder]));
}

/** An API token that may start runs, and the cookie of an owner's session. */
async function signIn({ log, database }: Awaited<ReturnType<typeof createFaultBed>>) {
  const parts = { clock: systemClock, chance: systemChance };
  const ledger = createLedger({ ...parts, events: productEvents, log });
  const correlationId = systemChance.uuid();
  const actor = { kind: 'system', id: 'test' } as const;
  const person = { issuer: 'test', subject: 'ann', displayName: 'Ann', email: null };
  const { personId } = await recordPerson(database.db, { personId: PERSON, ...person });
  await setMemberRole(ledger, TENANT, { personId, role: 'owner' }, { actor, correlationId });
  const { token } = await issueTestToken(
    { ...parts, ledger, primary: database.db },
    {
      tenantId: TENANT,
      name: 'load',
      capabilities: ['runs.start', 'run.read', 'hub.read'],
      lifetimeMs: TOKEN_LIFETIME_MS,
    },
  );
  const session = await createSessionStore(database.db, systemClock).open(personId);
  return { token, cookie: `opsledger_session=${session}` };
}
