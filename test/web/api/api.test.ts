import { randomUUID } from 'node:crypto';
import t from 'tap';
import { writeScenario } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { pageVisitor } from '../page-visitor.js';

const headers = { authorization: 'Bearer local-token-of-the-tests' };

t.test('the API reads what the pages show', async (t) => {
  const site = await hubSite(t);
  const scenario = await writeScenario(site, 'contoso', 'Contoso');
  const get = async (url: string) => {
    const response = await site.app.inject({ url: `/api/v1${url}`, headers });
    t.equal(response.statusCode, 200, url);
    return response.json();
  };
  t.match(await get('/tenants'), { tenants: [{ slug: 'contoso', id: scenario.tenant.tenantId }] });
  const all = await get('/tenants/contoso/runs');
  t.equal(all.runs.length, 7);
  t.same(await get(`/tenants/${scenario.tenant.tenantId}/runs`), all, 'by id as by short name');
  const failed = await get('/tenants/contoso/runs?bucket=failed');
  t.same(
    failed.runs.map(({ id }: { id: string }) => id),
    [scenario.failed],
  );

  const numbers: number[] = [];
  let next: number | null = null;
  do {
    const page: { runs: { number: number }[]; next: number | null } = await get(
      `/tenants/contoso/runs?limit=2${next === null ? '' : `&before=${next}`}`,
    );
    numbers.push(...page.runs.map(({ number }) => number));
    next = page.next;
  } while (next !== null);
  t.same(
    numbers,
    all.runs.map(({ number }: { number: number }) => number),
    'pages join without gap or double',
  );

  t.match(await get(`/runs/${scenario.partial}`), {
    bucket: 'partially_succeeded',
    status: 'completed_with_errors',
    counts: { total: 6, succeeded: 5, failed: 1 },
  });
  const { events } = await get(`/runs/${scenario.partial}/history?limit=200`);
  t.same(
    events.map(({ revision }: { revision: number }) => revision),
    events.map((_: unknown, index: number) => index),
  );
  t.match(events[0], { type: 'RunQueued', metadata: { hash: /^[0-9a-f]{64}$/ } });
  t.match((await get(`/runs/${scenario.partial}/items?outcome=failed`)).items, [
    { reasonCode: 'graph_forbidden' },
  ]);
  const { findings } = await get(`/runs/${scenario.drift}/findings`);
  t.equal(findings.length, 3);
  t.same(Object.keys(findings[0]).sort(), [
    'assignmentsAdded',
    'assignmentsChanged',
    'assignmentsLookAlike',
    'assignmentsRemoved',
    'counterparts',
    'detections',
    'fingerprint',
    'firstDetectedAt',
    'kind',
    'lastDetectedAt',
    'name',
    'nameBefore',
    'notCompared',
    'policyType',
    'policyTypeLabel',
    'recreated',
    'settingsAdded',
    'settingsChanged',
    'settingsOmitted',
    'settingsRemoved',
    'status',
    'subjectId',
    'subjectIdBefore',
    'withheld',
  ]);
  t.match(
    findings.find(({ kind }: { kind: string }) => kind === 'changed'),
    {
      policyTypeLabel: 'Settings catalog',
      settingsChanged: [
        { path: 'device_vendor_msft_policy/minimumpinlength', before: ['6'], after: ['8'] },
        {},
      ],
    },
  );
});

t.test('the API starts a run once, and gives the reason of a refusal', async (t) => {
  const site = await hubSite(t);
  await site.tenant('contoso');
  const start = (payload: object) =>
    site.app.inject({ method: 'POST', url: '/api/v1/tenants/contoso/runs', headers, payload });
  const first = await start({ type: 'inventory.sync', input: {} });
  t.equal(first.statusCode, 202);
  const { runId } = first.json();
  t.equal(first.headers.location, `/api/v1/runs/${runId}`);
  const second = await start({ type: 'inventory.sync' });
  t.match([second.statusCode, second.json()], [200, { runId, reused: true }]);
  for (const [payload, status, code] of [
    [{ type: 'drift.generate', input: {} }, 409, 'needs_two_inventories'],
    [{ type: 'no.such' }, 422, 'unknown_type'],
    [{ type: 'inventory.sync', input: { policyTypes: ['nonsense'] } }, 422, 'invalid_input'],
    [{ type: 'inventory.sync', inputs: {} }, 422, 'unprocessable'],
    [{}, 422, 'unprocessable'],
  ] as const) {
    const refused = await start(payload);
    t.match([refused.statusCode, refused.json()], [status, { error: { code, message: String } }]);
  }
  const unknown = await site.app.inject({
    url: '/api/v1/tenants',
    headers: { authorization: 'Bearer wrong-token-here' },
  });
  t.match([unknown.statusCode, unknown.json()], [401, { error: { code: 'unauthenticated' } }]);
  const nothing = await site.app.inject({ url: '/api/v1/nothing', headers });
  t.match([nothing.statusCode, nothing.json()], [404, { error: { code: 'not_found' } }]);
});

t.test('a run that was recorded answers 202 until the read models have it', async (t) => {
  const site = await hubSite(t, { projector: false });
  const { tenantId, persons } = await site.tenant('contoso');
  await site.tenant('fabrikam');
  const own = {
    authorization: `Bearer ${await site.issueToken(tenantId, 'own', ['hub.read', 'run.read', 'runs.start', 'backups.manage'])}`,
  };
  site.projector.start();
  await site.settle();
  await site.projector.stop();
  const api = (url: string, method: 'GET' | 'POST' = 'GET', payload?: object) =>
    site.app.inject({ method, url: `/api/v1${url}`, headers: own, ...(payload ? { payload } : {}) });
  const { runId, position } = (await api('/tenants/contoso/runs', 'POST', { type: 'inventory.sync' })).json();
  for (const url of [`/runs/${runId}`, `/runs/${runId}/items`]) {
    const early = await api(url);
    t.match([early.statusCode, early.headers['retry-after']], [202, '1'], url);
    t.same(early.json(), { runId, status: 'recorded', position });
  }
  const whole = await site.app.inject({ url: `/api/v1/runs/${runId}`, headers });
  t.match([whole.statusCode, whole.json()], [202, { runId, position }], 'a token of the whole installation');
  const another = runId.replace(/^./, (first: string) => (first === '0' ? '1' : '0'));
  for (const id of [another, runId.replace(/\d+$/, '77'), 'no-run'])
    t.match(await api(`/runs/${id}`), { statusCode: 404 }, id);
  const setId = randomUUID();
  const set = { setId, name: 'Before the change' };
  t.match(await api('/tenants/contoso/commands/backup_set.create', 'POST', set), { statusCode: 200 });
  const scheduleId = randomUUID();
  const schedule = {
    ...{ scheduleId, name: 'Nightly', cron: '0 2 * * *', zone: 'UTC', missed: 'skip' },
    ...{ operationType: 'inventory.sync', given: {} },
  };
  t.match(await api('/tenants/contoso/commands/schedule.set', 'POST', schedule), { statusCode: 200 });
  const owner = await pageVisitor(site, persons.owner);
  const pages = [
    ...['', '/items', '/history'].map((part) => `/runs/${runId}${part}`),
    ...[`/backup-sets/${setId}`, `/schedules/${scheduleId}`],
  ];
  for (const page of pages) {
    const { statusCode, body } = await owner.get(`/t/contoso${page}`);
    t.equal(statusCode, 202, page);
    t.match(body, /recorded, and is shown here in a moment/);
    t.match(body, /http-equiv="refresh" content="2"/);
  }
  for (const page of [`/runs/${another}`, `/backup-sets/${scheduleId}`, '/schedules/nothing'])
    t.match(await owner.get(`/t/contoso${page}`), { statusCode: 404 }, page);
  site.projector.start();
  await site.settle();
  for (const page of pages) t.match(await owner.get(`/t/contoso${page}`), { statusCode: 200 }, page);
  t.match((await api(`/runs/${runId}`)).json(), { id: runId, bucket: 'queued' });
  await site.projector.stop();
});
