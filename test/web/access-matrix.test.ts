import t from 'tap';
import type { Capability } from '../../src/access/capabilities.js';
import type { Role } from '../../src/access/roles.js';
import { backupSetEntity } from '../../src/entities/backup-set/backup-set.js';
import { csrfTokenOf } from '../../src/web/auth/csrf.js';
import type { DeclaredRoute } from '../../src/web/route-access.js';
import { completed, itemOf, writeScenario } from '../support/hub-scenario.js';
import { type HubSite, hubSite, type SiteTenant } from '../support/hub-site.js';
import { writeKeptPolicy } from '../support/kept-policy.js';
import { writtenExport } from '../support/written-export.js';

/**
 * Goal: nobody sees or changes what they have no right to, on any route. Method: everybody requests every registered
 * route in their own tenant, in another tenant, without a tenant, and with ids of their own tenant, of another tenant
 * and of none. The capabilities of each role are written here a second time, so that a mistake in the product's table
 * is found.
 */
const CAPABILITIES_OF: Readonly<Record<Role, readonly Capability[]>> = {
  readonly: [
    'hub.read',
    'run.read',
    'history.read',
    'failures.read',
    'features.read',
    'audit.read',
    'own.manage',
  ],
  operator: [
    ...([
      'hub.read',
      'run.read',
      'history.read',
      'failures.read',
      'features.read',
      'audit.read',
      'own.manage',
    ] as const),
    'runs.start',
    'runs.report',
    'findings.review',
    'exports.download',
    'backups.manage',
  ],
  manager: [
    ...([
      'hub.read',
      'run.read',
      'history.read',
      'failures.read',
      'features.read',
      'audit.read',
      'own.manage',
    ] as const),
    'runs.start',
    'runs.report',
    'findings.review',
    'exports.download',
    'backups.manage',
    'restores.start_live',
  ],
  owner: [
    ...([
      'hub.read',
      'run.read',
      'history.read',
      'failures.read',
      'features.read',
      'audit.read',
      'own.manage',
    ] as const),
    'runs.start',
    'runs.report',
    'findings.review',
    'exports.download',
    'backups.manage',
    'restores.start_live',
    'restores.from_other_tenant',
    'members.manage',
    'tokens.manage',
    'connections.manage',
  ],
  auditor: ['hub.read', 'run.read', 'history.read', 'failures.read', 'audit.read'],
  support: ['failures.read', 'run.read'],
};
const ROLES = Object.keys(CAPABILITIES_OF) as Role[];
const NOWHERE = {
  run: `${'0'.repeat(32)}-7`,
  finding: 'f'.repeat(32),
  policy: 'e'.repeat(32),
  // Not a valid id, so the answer is that for an unknown one.
  schedule: 'no-schedule',
  set: 'no-set',
  exported: `${'0'.repeat(32)}-7`,
  filled: `${'0'.repeat(32)}-7`,
};

/** Makes a backup set without policies. */
async function emptySet({ builder }: HubSite, tenantId: string): Promise<string> {
  const setId = builder.chance.uuid();
  await builder.append(
    backupSetEntity.stream(tenantId, setId),
    [{ type: 'BackupSetCreated', data: { name: 'Before the change', origin: { kind: 'person' } } }],
    { tenantId },
  );
  return setId;
}

/** Writes a run that filled a backup set, because only such a run can be started again on a set's page. */
async function filledRun({ builder }: HubSite, tenantId: string, setId: string): Promise<string> {
  const runId = await builder.queue(tenantId, builder.chance.hex(32), {
    type: 'backup_set.add_policies',
    input: { setId, choice: { from: 'tenant' } },
  });
  await builder.toRun(tenantId, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'w-1' } });
  await builder.toRun(tenantId, runId, completed([itemOf('BitLocker', 'failed')], 'None added'));
  return runId;
}

const exportOf = (site: HubSite, { tenantId, persons }: SiteTenant): Promise<string> =>
  writtenExport(site, tenantId, { key: site.builder.chance.hex(32), personId: persons.operator });

/** A valid body for each route of the API, so that only the access is tested. */
const REPORTS: Readonly<Record<string, object>> = {
  claim: { producer: 'matrix' },
  heartbeat: { attempt: 1 },
  total: { attempt: 1, total: 1 },
  items: { attempt: 1, items: [{ itemId: 'a', outcome: 'succeeded' }] },
  notes: { attempt: 1, note: 'Trying every door.' },
  waits: { attempt: 1, reasonCode: 'graph_throttled', until: '2026-01-05T08:00:00Z' },
  complete: { attempt: 1, summary: 'Done' },
  fail: { attempt: 1, reasonCode: 'unexpected' },
};
const bodyOf = ({ url }: DeclaredRoute): object =>
  REPORTS[url.slice(url.lastIndexOf('/') + 1)] ?? { type: 'inventory.sync' };

type Verdict = 'in' | 'sign-in' | 401 | 403 | 404;

t.test('every route is tried as every role, in every tenant and with every id', async (t) => {
  const site = await hubSite(t);
  const own = await writeScenario(site, 'contoso', 'Contoso');
  const foreign = await writeScenario(site, 'fabrikam', 'Fabrikam');
  const kept = await writeKeptPolicy(site, own.tenant);
  const keptElsewhere = await writeKeptPolicy(site, foreign.tenant);
  const set = await emptySet(site, own.tenant.tenantId);
  const setElsewhere = await emptySet(site, foreign.tenant.tenantId);
  // A run with failures, because support staff may read only those.
  const ids = {
    own: {
      run: own.partial,
      finding: own.findings[0] ?? '',
      schedule: own.schedule,
      policy: kept.policyKey,
      set,
      filled: await filledRun(site, own.tenant.tenantId, set),
      exported: await exportOf(site, own.tenant),
    },
    foreign: {
      run: foreign.partial,
      finding: foreign.findings[0] ?? '',
      schedule: foreign.schedule,
      policy: keptElsewhere.policyKey,
      set: setElsewhere,
      filled: await filledRun(site, foreign.tenant.tenantId, setElsewhere),
      exported: await exportOf(site, foreign.tenant),
    },
    nowhere: NOWHERE,
  };
  await site.settle();
  const tenants = { own: own.tenant.slug, foreign: foreign.tenant.slug, nowhere: 'nobody' };
  let address = 0;

  async function ask(
    route: DeclaredRoute,
    url: string,
    credentials: Record<string, string>,
  ): Promise<Verdict> {
    const secret = credentials.cookie?.split('=')[1] ?? '';
    address++;
    const response = await site.app.inject({
      method: route.method as 'GET' | 'POST',
      url,
      headers: credentials,
      remoteAddress: `10.0.${Math.floor(address / 250)}.${address % 250}`,
      payloadAsStream: true,
      ...(route.method === 'POST'
        ? route.url.startsWith('/api/')
          ? { payload: bodyOf(route) }
          : {
              payload: new URLSearchParams({ _csrf: csrfTokenOf(secret) }).toString(),
              headers: { ...credentials, 'content-type': 'application/x-www-form-urlencoded' },
            }
        : {}),
    });
    response.stream().destroy();
    const { statusCode } = response;
    if (statusCode === 401 || statusCode === 403 || statusCode === 404) return statusCode;
    if (String(response.headers.location ?? '').startsWith('/signin')) return 'sign-in';
    t.ok(statusCode < 500, `${route.method} ${url} does not fail: ${statusCode}`);
    return 'in';
  }

  const fill = (url: string, tenant: string, id: typeof NOWHERE) =>
    url
      .replace(':tenant', tenant)
      .replace(
        ':run',
        url.includes('export') ? id.exported : url.includes('backup-sets') ? id.filled : id.run,
      )
      .replace(':revision', '0')
      .replace(':finding', id.finding)
      .replace(':policy', id.policy)
      .replace(':set', id.set)
      .replace(':schedule', id.schedule)
      .replace(':operationType', 'inventory.sync');

  /** The expected status for each role in its own tenant; undefined for somebody unknown. */
  function expected(
    route: DeclaredRoute,
    role: Role | undefined,
    where: keyof typeof tenants,
    whose: keyof typeof ids,
  ) {
    const { access } = route;
    const isApi = route.url.startsWith('/api/');
    if (role === undefined) return isApi || route.method === 'POST' ? 401 : 'sign-in';
    if (access.kind !== 'tenant') return 'in';
    const inAddress = route.url.includes(':tenant');
    if (inAddress && where === 'nowhere') return 404;
    if (inAddress && where === 'foreign') return 403;
    if (access.id && whose === 'foreign') return 403;
    if (access.id && whose === 'nowhere' && !inAddress) return 404;
    if (!CAPABILITIES_OF[role].includes(access.capability)) return 403;
    if (access.id && whose === 'nowhere') return 404;
    return 'in';
  }

  const routes = site.app.declaredRoutes.filter(
    ({ access, method }) => access.kind !== 'public' && method !== 'HEAD' && method !== 'OPTIONS',
  );
  t.ok(routes.length > 25, `there are routes to try: ${routes.length}`);
  const sessions = new Map<Role, Record<string, string>>();
  const tokens = new Map<Role, Record<string, string>>();
  for (const role of ROLES) {
    sessions.set(role, { cookie: await site.cookieOf(own.tenant.persons[role]) });
    const token = await site.issueToken(own.tenant.tenantId, role, CAPABILITIES_OF[role]);
    tokens.set(role, { authorization: `Bearer ${token}` });
  }
  for (const route of routes) {
    // Signing out would end the session that the other routes need.
    if (route.url === '/signout') continue;
    const wrong: string[] = [];
    let tried = 0;
    for (const role of [undefined, ...ROLES]) {
      for (const where of ['own', 'foreign', 'nowhere'] as const) {
        for (const whose of route.access.kind === 'tenant' && route.access.id
          ? (['own', 'foreign', 'nowhere'] as const)
          : (['own'] as const)) {
          const held = route.url.startsWith('/api/') ? tokens : sessions;
          const credentials = role === undefined ? {} : (held.get(role) ?? {});
          const url = fill(route.url, tenants[where], ids[whose]);
          const got = await ask(route, url, credentials);
          const want = expected(route, role, where, whose);
          tried++;
          if (got !== want) wrong.push(`${role ?? 'nobody'} in ${where} with ${whose}: ${got}, not ${want}`);
        }
      }
    }
    t.same(wrong, [], `${route.method} ${route.url} (${tried} ways)`);
  }
});

t.test('support reads runs with failures, no others', async (t) => {
  const site = await hubSite(t);
  const { tenant, partial, failed, running, inventories } = await writeScenario(site, 'contoso', 'Contoso');
  const headers = { cookie: await site.cookieOf(tenant.persons.support) };
  const status = async (path: string) =>
    (await site.app.inject({ url: `/t/contoso/runs/${path}`, headers })).statusCode;
  for (const run of [partial, failed]) t.equal(await status(run), 200);
  for (const run of [running, ...inventories]) {
    t.equal(await status(run), 403);
    t.equal(await status(`${run}/items`), 403);
  }
  t.equal(await status(`${partial}/history`), 403, 'and no history');
});

t.test('a route without a declared access can’t be registered', async (t) => {
  const site = await hubSite(t);
  t.throws(() => site.app.get('/undeclared', async () => 'x'), /declares no access/);
});
