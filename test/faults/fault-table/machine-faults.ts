import { execFileSync } from 'node:child_process';
import { systemClock } from '../../../src/clock.js';
import { runAsAdmin } from '../../support/database.js';
import { testCluster } from '../../support/database-cluster.js';
import { until } from '../../support/until.js';
import { byItself, type Fault, PAST_CLAIMS_MS } from './fault.js';
import type { KeptProcess } from './kept-running.js';
import type { Stage } from './stage.js';

const SUSPENDED_MS = 40_000;
const STALLS = 8;
const STALL_MS = 4_000;
const BETWEEN_STALLS_MS = 1_000;
/** Fewer than a process has open, so that it can open nothing more; what it has open stays. */
const TOO_FEW_FILES = 4;

/** Statements that end every connection to a database and keep it from taking others, as copying and renaming need. */
const closeDatabase = (name: string) => [
  `alter database ${name} allow_connections false`,
  `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '${name}'`,
];

const databaseName = ({ bed }: Stage) => new URL(bed.database.url).pathname.slice(1);

const prlimit = (...args: readonly string[]) => execFileSync('prlimit', args, { encoding: 'utf8' }).trim();

/** Takes a process the right to open files, and gives it back. */
function withoutFiles(process: KeptProcess): () => void {
  const limit = (most: string) => prlimit(`--pid=${process.pid}`, `--nofile=${most}:`);
  const before = prlimit(`--pid=${process.pid}`, '--nofile', '--output=SOFT', '--noheadings', '--raw');
  limit(String(TOO_FEW_FILES));
  return () => void limit(before);
}

/** Faults of the machines, and what an administrator does to the servers. */
export const MACHINE_FAULTS: readonly Fault[] = [
  {
    name: 'the machine suspended for 40 s: every process of the product at once',
    async begin({ processes }) {
      for (const process of processes) process.signal('SIGSTOP');
      await systemClock.sleep(SUSPENDED_MS);
      for (const process of processes) process.signal('SIGCONT');
      return byItself;
    },
  },
  {
    name: 'the web process without file descriptors',
    healthz: 'no answer',
    begin: async ({ web }) => withoutFiles(web),
  },
  {
    name: 'a worker without file descriptors, its connections to PostgreSQL cut',
    holdMs: PAST_CLAIMS_MS,
    async begin({ workers: [worker], cutDatabase }) {
      const giveBack = withoutFiles(worker);
      await cutDatabase();
      return giveBack;
    },
  },
  {
    name: 'the event store stalls eight times, 4 s each',
    async begin({ bed }) {
      for (let stall = 0; stall < STALLS; stall++) {
        process.kill(bed.store.pid, 'SIGSTOP');
        await systemClock.sleep(STALL_MS);
        process.kill(bed.store.pid, 'SIGCONT');
        await systemClock.sleep(BETWEEN_STALLS_MS);
      }
      return byItself;
    },
  },
  {
    name: 'the network to the event store drops everything',
    words: /event store: (does not answer|has not answered for)/,
    healthz: 'down',
    async begin({ bed }) {
      bed.storeProxy.hang();
      return () => bed.storeProxy.heal();
    },
  },
  {
    name: 'the read models’ schema dropped',
    async begin({ asAdmin }) {
      const schemas = await asAdmin(
        `select schema_name as name from information_schema.schemata where schema_name like 'hub%'`,
      );
      for (const { name } of schemas) await asAdmin(`drop schema ${name} cascade`);
      return byItself;
    },
  },
  {
    name: 'PostgreSQL put back to an older time, under a newer log',
    async begin(stage) {
      const name = databaseName(stage);
      const { server } = await testCluster();
      const asRoot = (statements: readonly string[]) => runAsAdmin(server.adminUrl, statements);
      await asRoot([
        ...closeDatabase(name),
        `create database ${name}_older template ${name} owner opsledger strategy file_copy`,
        `revoke temporary on database ${name}_older from public`,
        `alter database ${name} allow_connections true`,
      ]);
      const { answers } = stage.bed;
      const before = answers.length;
      await until(() => answers.length >= before + 10);
      await asRoot([
        ...closeDatabase(name),
        `alter database ${name} rename to ${name}_newer`,
        `alter database ${name}_older rename to ${name}`,
        `alter database ${name} allow_connections true`,
        `drop database ${name}_newer`,
      ]);
      return byItself;
    },
  },
];
