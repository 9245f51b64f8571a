import t from 'tap';
import { z } from 'zod';
import { GraphError } from '../../../src/graph/client/graph-error.js';
import type { GraphPolicy } from '../../../src/graph/policies/graph-policy.js';
import { demoTenant } from '../../../src/graph/simulator/demo/demo-tenant.js';
import { startGraphSimulator } from '../../../src/graph/simulator/start-graph-simulator.js';
import { POLICY_TYPES } from '../../../src/policies/catalogue/policy-types.js';
import {
  catalogContent,
  catalogPolicy,
  collected,
  failsWith,
  simulatorAndClient,
} from '../simulator-and-client.js';

const PATH = 'deviceManagement/configurationPolicies';

const batchAnswer = z.object({ responses: z.array(z.looseObject({ id: z.string() })) });

async function fetchJson(url: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: 'Bearer x', 'content-type': 'application/json', ...init.headers };
  const response = await fetch(url, { ...init, headers });
  return { status: response.status, body: await response.json() };
}

t.test('its answers have the form of Graph’s', async (t) => {
  const { simulator } = await simulatorAndClient(t, { content: catalogContent(3, 60) });
  const { url } = simulator;
  t.match(await fetchJson(`${url}/beta/${PATH}?$top=2`), {
    status: 200,
    body: { '@odata.count': 3, '@odata.nextLink': /\$skiptoken=/, value: [{ name: 'Policy 0' }, {}] },
  });
  const list = await fetchJson(`${url}/beta/${PATH}`);
  t.notMatch(JSON.stringify(list), /settingInstance|assignments/);
  t.match(await fetchJson(`${url}/beta/${PATH}('${catalogPolicy(1).id}')/settings`), {
    body: { '@odata.count': 60, '@odata.nextLink': String, value: { length: 25 } },
  });
  const expanded = await fetchJson(`${url}/beta/${PATH}/${catalogPolicy(1).id}?$expand=assignments,settings`);
  t.match(expanded, { body: { assignments: [{}], settings: { length: 60 } } });
  for (const [path, status, code] of [
    [`${PATH}/nothing`, 404, 'ResourceNotFound'],
    ['deviceManagement/nothing', 400, 'BadRequest'],
    [`${PATH}?$skiptoken=nonsense`, 400, 'BadRequest'],
    [`${PATH}?$top=-1`, 400, 'BadRequest'],
  ] as const) {
    t.match(await fetchJson(`${url}/beta/${path}`), {
      status,
      body: { error: { code, innerError: { 'request-id': /^[0-9a-f-]{36}$/, date: '2026-06-01T00:00:00' } } },
    });
  }
  t.match(await fetchJson(`${url}/beta/${PATH}`, { headers: { authorization: '' } }), {
    status: 401,
    body: { error: { code: 'InvalidAuthenticationToken' } },
  });
});

t.test('a page is stable while the tenant changes', async (t) => {
  const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(5) });
  const names: unknown[] = [];
  for await (const page of client.pages(`${PATH}?$top=2`)) {
    names.push(...page.rows.map((row) => row.name));
    if (names.length === 2) simulator.tenants()[0]?.state.remove(PATH, String(catalogPolicy(0).id));
  }
  t.same(names, ['Policy 0', 'Policy 1', 'Policy 2', 'Policy 3', 'Policy 4']);
});

t.test('a batch takes twenty, each with its own status, out of order', async (t) => {
  const { simulator } = await simulatorAndClient(t, { content: catalogContent(1) });
  const url = `${simulator.url}/beta/$batch`;
  const requests = [
    { id: 'a', method: 'GET', url: `/${PATH}` },
    { id: 'b', method: 'GET', url: `/${PATH}/nothing` },
  ];
  t.match(await fetchJson(url, { method: 'POST', body: JSON.stringify({ requests }) }), {
    status: 200,
    body: {
      responses: [
        { id: 'b', status: 404 },
        { id: 'a', status: 200 },
      ],
    },
  });
  const many = Array.from({ length: 21 }, (_, index) => ({
    id: String(index),
    method: 'GET',
    url: '/groups',
  }));
  const twice = [requests[0], requests[0]];
  for (const bad of [many, twice, 'nonsense', [7]])
    t.match(await fetchJson(url, { method: 'POST', body: JSON.stringify({ requests: bad }) }), {
      status: 400,
    });
});

t.test('a fault applies to a single request of a batch, and not to the others or the batch', async (t) => {
  const { simulator } = await simulatorAndClient(t, {
    tenant: () => ({
      kind: 'fixed',
      content: catalogContent(3),
      unlicensed: ['identity/conditionalAccess/policies'],
    }),
  });
  async function answers(requests: readonly object[]): Promise<Map<unknown, unknown>> {
    const body = JSON.stringify({ requests });
    const answered = await fetchJson(`${simulator.url}/beta/$batch`, { method: 'POST', body });
    const { responses } = batchAnswer.parse(answered.body);
    return new Map(responses.map(({ id, ...answer }) => [id, answer]));
  }
  const get = (id: string, url: string) => ({ id, method: 'get', url });
  const post = (id: string) => ({
    id,
    method: 'POST',
    url: PATH,
    body: { name: id, platforms: 'windows10' },
  });
  const path = `^${PATH}`;

  for (const kind of ['hang', 'cut', 'malformed_json'] as const) simulator.failNext({ kind, path });
  const ofConnections = await answers(['a', 'b', 'c', 'd'].map((id) => get(id, `/${PATH}`)));
  for (const id of ['a', 'b', 'c'])
    t.match(ofConnections.get(id), { status: 504, body: { error: { code: 'GatewayTimeout' } } });
  t.match(ofConnections.get('d'), { status: 200, body: { value: { length: 3 } } });

  simulator.failNext({ kind: 'status', status: 429, retryAfter: '7', path });
  simulator.failNext({
    kind: 'status',
    status: 418,
    code: 'Teapot',
    message: 'Short.',
    headers: { via: 'x' },
    path,
  });
  const ofStatus = await answers([get('a', PATH), get('b', PATH)]);
  t.match(ofStatus.get('a'), {
    status: 429,
    headers: { 'Retry-After': '7' },
    body: { error: { code: 'TooManyRequests' } },
  });
  t.match(ofStatus.get('b'), {
    status: 418,
    headers: { via: 'x' },
    body: { error: { code: 'Teapot', message: 'Short.' } },
  });

  simulator.failNext({ kind: 'truncated_page', drop: 2, path });
  simulator.failNext({ kind: 'declared_count', declared: 99, path });
  simulator.failNext({ kind: 'altered_entry', index: 1, fields: { name: 'Other', platforms: null }, path });
  simulator.failNext({ kind: 'next_link', link: '{self}', path });
  const ofPages = await answers(['a', 'b', 'c', 'd'].map((id) => get(id, `/${PATH}`)));
  t.match(ofPages.get('a'), { body: { value: { length: 1 } } });
  t.match(ofPages.get('b'), { body: { '@odata.count': 99, value: { length: 3 } } });
  t.match(ofPages.get('c'), {
    body: { value: [{ name: 'Policy 0' }, { name: 'Other' }, {}] },
  });
  t.notMatch(JSON.stringify(ofPages.get('c')), '"platforms":null', 'a null leaves the field out');
  t.match(ofPages.get('d'), { body: { '@odata.nextLink': `${simulator.url}/beta/${PATH}` } });

  simulator.failNext({ kind: 'status', status: 503, path, method: 'POST' });
  simulator.failNext({ kind: 'status', status: 500, applied: true, path, method: 'POST' });
  const ofWrites = await answers([post('refused'), post('applied'), post('plain')]);
  t.match(
    ofWrites,
    new Map([
      ['plain', { status: 201 }],
      ['applied', { status: 500 }],
      ['refused', { status: 503 }],
    ]),
  );
  const names = simulator
    .tenants()[0]
    ?.state.page(PATH, 0, 10)
    .entities.map(({ name }) => name);
  t.same(names, ['Policy 0', 'Policy 1', 'Policy 2', 'applied', 'plain']);

  const refused = await answers([
    get('address', '/%zz'),
    get('nested', '/$batch'),
    { id: 'method', url: `/${PATH}` },
    get('licence', '/identity/conditionalAccess/policies'),
  ]);
  for (const id of ['address', 'nested', 'method'])
    t.match(refused.get(id), { status: 400, body: { error: { message: 'Invalid url.' } } }, id);
  t.match(refused.get('licence'), { status: 403, body: { error: { code: 'AccessDenied' } } });
  t.match(await fetchJson(`${simulator.url}/beta/$batch`), { status: 400 }, 'a batch is a POST');

  const logged = simulator.requests();
  const writes = logged.filter(({ method, path }) => method === 'POST' && path === PATH);
  t.match(writes, [
    { status: 503, applied: false },
    { status: 500, applied: true },
    { status: 201, applied: true },
  ]);
  const ofBatch = logged.find(({ requestId }) => requestId === writes[0]?.batch);
  t.match(ofBatch, { path: '$batch', batch: null, applied: false });
  t.equal(simulator.pendingFaults(), 0);
});

t.test('tenants are separate, and are named by path or token', async (t) => {
  const { simulator } = await simulatorAndClient(t, { content: catalogContent(2) });
  const { url } = simulator;
  const id = catalogPolicy(0).id;
  const remove = await fetch(`${url}/tenants/one/beta/${PATH}/${id}`, {
    method: 'DELETE',
    headers: { authorization: 'Bearer x' },
  });
  t.equal(remove.status, 204);
  const count = async (place: string, token: string) =>
    (await fetchJson(`${url}${place}/beta/${PATH}`, { headers: { authorization: `Bearer ${token}` } })).body;
  t.match(await count('/tenants/one', 'x'), { '@odata.count': 1 });
  t.match(await count('', 'tenant.one'), { '@odata.count': 1 });
  t.match(await count('/tenants/two', 'x'), { '@odata.count': 2 });
  t.match(await count('', 'x'), { '@odata.count': 2 });
});

t.test('a demo tenant moves on between two inventories, never within one', async (t) => {
  const source = { tenant: (key: string) => demoTenant('seed', key) };
  const { simulator, client, clock } = await simulatorAndClient(t, source);
  const names = async () => {
    const rows = (await collected(client.pages(PATH))).flatMap((page) => page.rows);
    return JSON.stringify(rows);
  };
  const first = await names();
  t.equal(await names(), first, 'two inventories at once see one state');
  await clock.sleep(10_000);
  t.not(await names(), first);
  t.equal(simulator.tenants()[0]?.generation(), 1);
});

t.test('a demo tenant is the same for the same seed, and keeps what was written', async (t) => {
  const at = (seed: string, generation: number) => {
    const source = demoTenant(seed, 'contoso');
    return source.kind === 'generations' ? source.at(generation) : null;
  };
  t.same(at('s', 4), at('s', 4));
  t.notSame(at('s', 4), at('s', 5));
  t.notSame(at('s', 4), at('other', 4));

  const source = { tenant: (key: string) => demoTenant('seed', key) };
  const { simulator, client } = await simulatorAndClient(t, source);
  const { body } = await client.write('POST', PATH, { name: 'Restored', settings: [] });
  simulator.tenants()[0]?.moveTo(3);
  t.match(await client.get(`${PATH}/${body?.id}`), { name: 'Restored' });
});

t.test('it is controlled over HTTP', async (t) => {
  const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(1) });
  const admin = `${simulator.url}/_simulator`;
  const fault = { kind: 'status', status: 418, path: 'configurationPolicies' };
  t.match(await fetchJson(`${admin}/faults`, { method: 'POST', body: JSON.stringify(fault) }), {
    status: 201,
  });
  await failsWith(t, client.get(PATH), { status: 418 });
  t.match(await fetchJson(`${admin}/requests?after=0`), {
    body: { requests: [{ sequence: 1, method: 'GET', path: PATH, status: 418, applied: false }] },
  });
  const bad = { kind: 'no such fault' };
  t.match(await fetchJson(`${admin}/faults`, { method: 'POST', body: JSON.stringify(bad) }), { status: 400 });
  t.match(await fetchJson(`${admin}/tenants`), {
    body: { tenants: [{ tenant: 'default', counts: { [PATH]: 1 } }] },
  });
});

t.test('a port in use is an error; stopping twice is not', async (t) => {
  const { simulator } = await simulatorAndClient(t, { content: catalogContent(1) });
  const { port } = simulator;
  await t.rejects(startGraphSimulator({ source: { content: new Map() }, port }), { code: 'EADDRINUSE' });
  simulator.failNext({ kind: 'hang' });
  const hanging = fetch(`${simulator.url}/beta/${PATH}`, { headers: { authorization: 'Bearer x' } });
  const rejected = t.rejects(hanging);
  await Promise.all([simulator.stop(), rejected]);
  await simulator.stop();
});

t.test('a demo tenant has every type, and the peculiarities of real tenants', async (t) => {
  const source = { tenant: (key: string) => demoTenant('seed', key) };
  const { client } = await simulatorAndClient(t, source);
  const read = new Map<string, GraphPolicy[]>();
  const unlicensed: string[] = [];
  for (const type of POLICY_TYPES) {
    const results = await collected(client.policies(type)).catch((error: unknown) => {
      if (!(error instanceof GraphError && error.lacksLicence)) throw error;
      unlicensed.push(type.name);
      return [];
    });
    read.set(
      type.name,
      results.flatMap((result) => (result.kind === 'policy' ? [result] : [])),
    );
    if (!unlicensed.includes(type.name)) t.ok(read.get(type.name)?.length, type.name);
    t.same(
      results.filter(({ kind }) => kind === 'unread'),
      [],
      type.name,
    );
  }
  const named = (type: string) => (read.get(type) ?? []).map(({ name }) => name);
  const catalogNames = named('configurationPolicies');
  t.ok(catalogNames.some((name) => name.length === 250));
  t.equal(catalogNames.length - new Set(catalogNames).size, 1, 'twins');
  t.ok(named('windowsAutopilotDeploymentProfiles').includes(''));
  t.equal(named('deviceShellScripts').length, 12);
  t.notOk(named('mobileApps').includes('Microsoft Edge'), 'Microsoft offers it everywhere');
  const microsofts = read.get('roleDefinitions')?.find(({ name }) => name === 'Policy and Profile manager');
  t.match(microsofts?.attached, { roleAssignments: [{ members: [/^[0-9a-f-]{36}$/] }] });
  const drivers = read
    .get('windowsDriverUpdateProfiles')
    ?.flatMap(({ attached }) => attached?.driverInventories ?? []);
  t.same(
    new Set(drivers?.map(({ approvalStatus }) => approvalStatus)),
    new Set(['needsReview', 'approved', 'suspended', 'declined']),
  );
  t.match(JSON.stringify(read.get('configurationPolicies')), '\uF000');

  const keys = ['contoso', 'fabrikam', 'northwind', 'adatum', 'tailspin'];
  const licences = keys.map((key) => demoTenant('seed', key).unlicensed?.length ?? 0);
  t.same(new Set(licences), new Set([0, 1]), 'some tenants have no licence for remediations');
});
