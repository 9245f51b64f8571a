import pg from 'pg';
import { testCluster } from '../../support/database-cluster.js';
import { fence } from '../../support/failover.js';
import { startPgBouncer } from '../../support/pgbouncer.js';
import { serveTls } from '../../support/serve-tls.js';
import { fillTablespace } from '../../support/small-tablespace.js';
import { until } from '../../support/until.js';
import { byItself, type Fault } from './fault.js';
import { keepRunning } from './kept-running.js';
import type { Stage } from './stage.js';

/** Changes a setting of the product's logins, ends their connections, and undoes both. */
const logins =
  (change: string, undo: (url: URL) => string, roles: readonly string[]): Fault['begin'] =>
  async (stage) => {
    const { asAdmin, cutDatabase, bed } = stage;
    for (const role of roles) await asAdmin(`alter role ${role} ${change}`);
    await cutDatabase();
    return async () => {
      for (const role of roles)
        await asAdmin(
          `alter role ${role} ${undo(new URL(role === 'opsledger' ? bed.database.url : bed.database.hubUrl))}`,
        );
    };
  };

const certificate =
  (issue: (stage: Stage) => ReturnType<Stage['authority']['issue']>): Fault['begin'] =>
  async (stage) => {
    await serveTls(await issue(stage));
    await stage.cutDatabase();
    return () => serveTls(stage.good);
  };

const passwordOf = ({ password }: URL) => `password '${decodeURIComponent(password)}'`;

/** Faults of PostgreSQL. */
export const DATABASE_FAULTS: readonly Fault[] = [
  {
    name: 'PostgreSQL away',
    words: /The database does not answer\./,
    healthz: 'down',
    async begin({ bed }) {
      bed.databaseProxy.goAway();
      return () => bed.databaseProxy.heal();
    },
  },
  {
    name: 'PostgreSQL frozen',
    words: /The database does not answer\./,
    healthz: 'down',
    async begin({ bed }) {
      bed.databaseProxy.hang();
      return () => bed.databaseProxy.heal();
    },
  },
  {
    name: 'PostgreSQL killed',
    async begin() {
      const { server } = await testCluster();
      process.kill(server.serverPid(), 'SIGKILL');
      return byItself;
    },
  },
  {
    name: 'PostgreSQL’s connections ended by an administrator',
    async begin({ cutDatabase }) {
      await cutDatabase();
      return byItself;
    },
  },
  {
    name: 'PostgreSQL read-only, as after a failover',
    words: /PostgreSQL: is read-only, as a standby is/,
    healthz: 'down',
    begin: async ({ t }) => (await fence(t, await testCluster())).lift,
  },
  {
    name: 'PostgreSQL: all connections taken',
    words: /All connections of the database are taken\./,
    healthz: 'down',
    begin: logins('connection limit 0', () => 'connection limit -1', ['opsledger', 'opsledger_hub']),
  },
  {
    name: 'PostgreSQL refuses the program’s login',
    words: /The database refuses the program’s login\./,
    healthz: 'down',
    begin: logins(`password 'changed'`, passwordOf, ['opsledger']),
  },
  {
    name: 'PostgreSQL refuses the login that pages read with',
    words: /The database refuses the program’s login\./,
    healthz: 'down',
    begin: logins(`password 'changed'`, passwordOf, ['opsledger_hub']),
  },
  {
    name: 'PostgreSQL’s disk full',
    words: /hub projector: .*|The database has no room left/,
    healthz: 'degraded',
    async begin({ bed, tablespace = '' }) {
      const admin = new pg.Client(bed.database.adminUrl);
      await admin.connect();
      await fillTablespace(admin, tablespace);
      return async () => {
        await admin.query('drop table ballast');
        await admin.end();
      };
    },
  },
  {
    name: 'PostgreSQL’s certificate has expired',
    words: /The database’s certificate has expired: give the server a new one\./,
    healthz: 'down',
    begin: certificate(({ authority }) => authority.issue('database-expired', { days: [-10, -1] })),
  },
  {
    name: 'PostgreSQL’s certificate is for another host name',
    words: /The database’s certificate is for another host name: write the name/,
    healthz: 'down',
    begin: certificate(({ authority }) => authority.issue('database-elsewhere', { names: ['db.example'] })),
  },
  {
    name: 'PgBouncer in transaction mode, without DATABASE_SESSION_URL, before another worker',
    ends: /A pooler \(such as PgBouncer\) between the program and PostgreSQL/,
    async begin(stage) {
      const pooler = await startPgBouncer(stage.t, [stage.bed.database.url]);
      const refused = stage.bed.launch(
        { kind: 'program', roles: ['worker'] },
        { ...stage.environment, DATABASE_URL: pooler.through(stage.bed.database.url) },
      );
      stage.ended.push({ code: await refused.ended, complaints: refused.complaints() });
      return byItself;
    },
  },
  {
    name: 'PgBouncer killed, in transaction mode before another worker',
    async begin(stage) {
      const { bed, environment, t } = stage;
      const pooler = await startPgBouncer(t, [bed.database.url]);
      const stopped = new AbortController();
      const own = {
        ...environment,
        DATABASE_URL: pooler.through(bed.database.url),
        DATABASE_SESSION_URL: environment.DATABASE_URL,
        OPSLEDGER_WORKER_NAME: 'pooled',
      };
      const pooled = keepRunning(
        'pooled',
        () => bed.launch({ kind: 'program', roles: ['worker'] }, own),
        stopped.signal,
      );
      await until(async () => {
        const parts = await stage.asAdmin(
          `select from liveness.parts where part = 'worker' and name = 'pooled'`,
        );
        return parts.length > 0;
      });
      await pooler.restart();
      return async () => {
        stopped.abort();
        await pooled.pause('SIGTERM');
      };
    },
  },
];
