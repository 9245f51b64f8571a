import t from 'tap';
import type { GraphWaiting } from '../../../src/graph/client/graph-call.js';
import { GraphError } from '../../../src/graph/client/graph-error.js';
import type { TokenRequest } from '../../../src/graph/client/token-source.js';
import type { GraphPolicy, PolicyReadResult } from '../../../src/graph/policies/graph-policy.js';
import type { FaultOptions } from '../../../src/graph/simulator/faults.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import { type PolicyType, policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';
import { catalog } from '../client/catalog-type.js';
import {
  catalogContent,
  catalogPolicy,
  collected,
  failsWith,
  HANGING_TIMEOUT_MS,
  simulatorAndClient,
} from '../simulator-and-client.js';

const LISTING = '^deviceManagement/configurationPolicies$';
const scripts = typeNamed('deviceManagementScripts');

function typeNamed(name: string): PolicyType {
  const type = policyTypeNamed(name);
  if (!type) throw new Error(`the catalogue lacks ${name}`);
  return type;
}

function unreadOf(results: readonly PolicyReadResult[]): PolicyReadResult[] {
  return results.filter((result) => result.kind === 'unread');
}

t.test('reads every policy whole, in order, over several pages of policies and of settings', async (t) => {
  const many = 1100;
  const policiesOf = [...catalogContent(230, 60)].map(([path, [, ...rest]]) => {
    return [path, [catalogPolicy(0, many), ...rest]] as const;
  });
  const content = new Map(policiesOf);
  const { simulator, client } = await simulatorAndClient(t, { content });
  let declared = 0;
  const onDeclared = (count: number) => {
    declared = count;
  };
  const policies = await collected(client.policies(catalog, { onDeclared }));
  t.equal(policies.length, 230);
  t.equal(declared, 230);
  t.same(
    policies.map((policy) => policy.name),
    Array.from({ length: 230 }, (_, index) => `Policy ${index}`),
  );
  for (const policy of policies as GraphPolicy[]) {
    t.equal(policy.settings?.length, policy.name === 'Policy 0' ? many : 60);
    t.equal(policy.assignments.length, 1);
  }
  const wire = simulator.requests().filter((request) => request.batch === null);
  const batches = wire.filter((request) => request.path === '$batch');
  t.equal(batches.length, 23, 'ten policies a batch, in each page');
  t.equal(wire.length - batches.length, 3 + 1, 'three pages of policies, one more of settings');
});

t.test('one policy that is gone fails alone', async (t) => {
  const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(12) });
  simulator.failNext({ kind: 'status', status: 404, path: '0000000003/settings' });
  const results = await collected(client.policies(catalog));
  t.equal(results.length, 12);
  t.match(unreadOf(results), [{ name: 'Policy 3', reasonCode: 'graph_not_found', reason: /answered 404/ }]);
});

t.test(
  'one policy that cannot be read is reported with its identity and the reason, and the others are read',
  async (t) => {
    const id = String(catalogPolicy(1).id);
    const deep = JSON.parse(`${'['.repeat(200)}1${']'.repeat(200)}`);
    const path = `^deviceManagement/configurationPolicies/${id}`;
    const listing = '^deviceManagement/configurationPolicies$';
    const cases: readonly (readonly [FaultOptions, object])[] = [
      [{ kind: 'status', status: 500, path, count: 99 }, { reasonCode: 'graph_unavailable' }],
      [
        { kind: 'status', status: 403, path: `${path}/assignments`, count: 99 },
        { reasonCode: 'graph_forbidden' },
      ],
      [
        { kind: 'declared_count', declared: 9, path: `${path}/settings`, count: 99 },
        { reasonCode: 'incomplete_answer', reason: /declared 9, received 2/ },
      ],
      [
        { kind: 'altered_entry', index: 1, fields: { deep }, path: listing },
        { reasonCode: 'content_too_large' },
      ],
      [
        { kind: 'altered_entry', index: 1, fields: { id: null }, path: listing },
        { id: null, reasonCode: 'unreadable_answer' },
      ],
      [
        { kind: 'altered_entry', index: 1, fields: { id: 'a/../b' }, path: listing },
        { id: 'a/../b', reasonCode: 'unreadable_answer' },
      ],
      [
        { kind: 'altered_entry', index: 1, fields: { id: null, name: null }, path: listing },
        { id: null, name: null },
      ],
    ];
    for (const [fault, expected] of cases) {
      const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(3) });
      simulator.failNext(fault);
      const results = await collected(client.policies(catalog));
      t.match(
        unreadOf(results),
        [{ id, name: 'Policy 1', type: catalog, ...expected }],
        JSON.stringify(fault),
      );
      t.same(
        results.map((result) => result.kind),
        ['policy', 'unread', 'policy'],
      );
    }
  },
);

t.test('a policy with fewer settings than it declares is not taken for complete', async (t) => {
  const content = new Map([
    [
      'deviceManagement/configurationPolicies',
      [{ ...catalogPolicy(1, 4), settingCount: 7 }, catalogPolicy(2)],
    ],
  ]);
  const { client } = await simulatorAndClient(t, { content });
  t.match(unreadOf(await collected(client.policies(catalog))), [
    { name: 'Policy 1', reasonCode: 'incomplete_answer', reason: /declared 7, received 4/ },
  ]);
});

t.test('requests of a batch are sent again after 429 and 503 only', async (t) => {
  const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(10) });
  simulator.failNext({ kind: 'status', status: 429, retryAfter: '7', path: '0000000004/settings' });
  simulator.failNext({ kind: 'status', status: 503, path: '0000000005/assignments' });
  const waits: GraphWaiting[] = [];
  const call = { onWaiting: (waiting: GraphWaiting) => waits.push(waiting) };
  const results = await collected(client.policies(catalog, call));
  t.ok(results.every((result) => result.kind === 'policy'));
  const [wait, ...others] = waits;
  t.match(wait, { reasonCode: 'graph_throttled' });
  t.ok(wait && wait.waitMs >= 7000 && wait.waitMs <= 8000);
  t.same(others, []);
  const inner = simulator.requests().filter((request) => request.batch !== null);
  t.equal(inner.length, 22, 'twenty reads and the two again');
});

t.test('a page with too few settings is noticed although its answer is well-formed', async (t) => {
  const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(3, 4) });
  simulator.failNext({ kind: 'truncated_page', path: '0000000001/settings', count: 2 });
  const results = await collected(client.policies(catalog));
  t.match(unreadOf(results), [{ name: 'Policy 1', reasonCode: 'incomplete_answer' }]);

  simulator.failNext({ kind: 'truncated_page', path: '0000000001/settings', count: 1 });
  const again = await collected(client.policies(catalog));
  t.ok(
    again.every((result) => result.kind === 'policy'),
    'read anew, alone, it is whole',
  );
});

t.test('an incomplete listing is read again, and each policy is returned once', async (t) => {
  const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(5) });
  simulator.failNext({ kind: 'truncated_page', path: LISTING, drop: 2 });
  const results = await collected(client.policies(catalog));
  t.same(
    results.map(({ name }) => name),
    [0, 1, 2, 3, 4].map((index) => `Policy ${index}`),
  );
  simulator.failNext({ kind: 'truncated_page', path: LISTING, drop: 2 });
  const rows = (await collected(client.pages('deviceManagement/configurationPolicies'))).flatMap(
    (p) => p.rows,
  );
  t.equal(rows.length, 5, 'any other collection likewise');
});

t.test(
  'when the declared count stays too large, the policies are kept and both numbers reported',
  async (t) => {
    const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(3) });
    simulator.failNext({ kind: 'declared_count', declared: 1000, path: LISTING, count: 99 });
    const results: PolicyReadResult[] = [];
    const reading = (async () => {
      for await (const result of client.policies(catalog)) results.push(result);
    })();
    await failsWith(t, reading, { reasonCode: 'count_mismatch', message: /declared 1,000, received 3/ });
    t.same(
      results.map(({ kind, name }) => `${kind} ${name}`),
      ['policy Policy 0', 'policy Policy 1', 'policy Policy 2'],
    );
    t.equal(simulator.requests().filter(({ path }) => new RegExp(LISTING).test(path)).length, 2);
  },
);

t.test('a count that is invalid or too small is ignored', async (t) => {
  for (const declared of [-1, 0, 2]) {
    const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(3) });
    simulator.failNext({ kind: 'declared_count', declared, path: LISTING, count: 99 });
    const results = await collected(client.policies(catalog));
    t.equal(results.filter(({ kind }) => kind === 'policy').length, 3, `${declared}`);
  }
});

t.test(
  'a token that ends inside a batch is renewed once, and only the refused are asked again',
  async (t) => {
    const tokens: (string | null)[] = [];
    const token = async ({ refused }: TokenRequest) => {
      tokens.push(refused);
      return `token-${tokens.length}`;
    };
    const path = 'configurationPolicies/[^/]+/(assignments|settings)';
    const { simulator, client } = await simulatorAndClient(
      t,
      { content: catalogContent(12) },
      { client: { token, limits: { batchesAtOnceMax: 1 } } },
    );
    simulator.failNext({ kind: 'status', status: 401, path, after: 4, count: 16 });
    const results = await collected(client.policies(catalog));
    t.equal(results.filter(({ kind }) => kind === 'policy').length, 12);
    t.equal(tokens.filter((refused) => refused !== null).length, 1, 'one renewal');
    t.equal(simulator.requests().filter(({ batch }) => batch !== null).length, 24 + 16);
  },
);

t.test(
  'where Graph accepts no token at all, the reading ends instead of failing policy by policy',
  async (t) => {
    const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(60) });
    simulator.failNext({
      kind: 'status',
      status: 401,
      path: 'configurationPolicies/[^/]+/(assignments|settings)',
      count: 1000,
    });
    await failsWith(t, collected(client.policies(catalog)), { reasonCode: 'graph_unauthenticated' });
    const asked = simulator.requests().filter(({ batch }) => batch !== null).length;
    t.ok(asked <= 4 * 20 * 2, `${asked} inner requests: the batches under way, asked twice`);
  },
);

t.test('a listing that breaks off fails the type, after what was listed has been read', async (t) => {
  const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(230) });
  simulator.failNext({ kind: 'status', status: 403, path: 'configurationPolicies\\?.*skiptoken' });
  const results: PolicyReadResult[] = [];
  const reading = (async () => {
    for await (const result of client.policies(catalog)) results.push(result);
  })();
  await failsWith(t, reading, { reasonCode: 'graph_forbidden' });
  t.equal(results.length, 100, 'the first page');
  t.ok(results.every((result) => result.kind === 'policy'));
});

t.test('a type that may not be read throws, with the code and without the message', async (t) => {
  const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(5) });
  const message = 'secret=hunter2 user@example.com eyJhbGciOiJub25lIn0.e30.';
  simulator.failNext({ kind: 'status', status: 403, code: 'Authorization_RequestDenied', message });
  const error = await collected(client.policies(catalog)).catch((caught: unknown) => caught);
  t.ok(error instanceof GraphError);
  t.match(error, { reasonCode: 'graph_forbidden', code: 'Authorization_RequestDenied' });
  t.match(error instanceof GraphError && error.requestId, /^[0-9a-f-]{36}$/);
  t.notMatch(String(error), /hunter2|example\.com|eyJ/);
});

t.test("a script's text comes from its own address", async (t) => {
  const script = { id: 's1', displayName: 'A script', scriptContent: 'aGk=', assignments: [] };
  const content = new Map([['deviceManagement/deviceManagementScripts', [script]]]);
  const { client } = await simulatorAndClient(t, { content });
  const [policy] = await collected(client.policies(scripts));
  t.match(policy, { kind: 'policy', raw: { scriptContent: 'aGk=' }, settings: null });
  t.match(await client.policy(scripts, 's1'), { raw: { scriptContent: 'aGk=' } });
});

t.test('an integer beyond 2^53 keeps its digits, a lone surrogate is replaced', async (t) => {
  const { mkdtemp, writeFile } = await import('node:fs/promises');
  const folder = await mkdtemp(`${t.testdir()}/exports-`);
  const text = `{"@odata.type":"#microsoft.graph.windows10CustomConfiguration","id":"a1",
    "displayName":"half \\ud83d","big":9223372036854775807,"small":12,"fraction":0.1234567890123456}`;
  await writeFile(`${folder}/big.json`, text);
  const { client } = await simulatorAndClient(t, { folder });
  const type = policyTypeNamed('deviceConfigurations');
  const policy = type && (await client.policy(type, 'a1'));
  t.match(policy, { raw: { big: '9223372036854775807', small: 12, fraction: 0.1234567890123456 } });
  t.ok(policy?.name.isWellFormed());
});

t.test('stopping early leaves nothing behind that fails later', async (t) => {
  const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(60) });
  simulator.failNext({ kind: 'status', status: 403, path: '\\$batch', after: 2, count: 3 });
  for await (const result of client.policies(catalog)) {
    t.equal(result.name, 'Policy 0');
    break;
  }
  await failsWith(t, collected(client.policies(catalog)), { reasonCode: 'graph_forbidden' });
});

t.test(
  'a policy whose answer never comes fails alone, also where it keeps a whole batch waiting',
  async (t) => {
    const { simulator, client } = await simulatorAndClient(
      t,
      { content: catalogContent(12) },
      { client: { limits: { policyTimeMs: HANGING_TIMEOUT_MS } } },
    );
    simulator.failNext({ kind: 'hang', path: '^\\$batch$' });
    simulator.failNext({ kind: 'hang', path: '0000000004$', count: 99 });
    const results = await collected(client.policies(catalog));
    t.equal(results.length, 12);
    t.match(unreadOf(results), [{ name: 'Policy 4', reasonCode: 'item_budget_exceeded' }]);
  },
);

t.test(
  'assignments come with the listing, and from their own address where Graph leaves them out',
  async (t) => {
    const type = typeNamed('deviceConfigurations');
    const target = { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' };
    const policies = Array.from({ length: 120 }, (_, index) => ({
      '@odata.type': '#microsoft.graph.windows10CustomConfiguration',
      id: `c${index}`,
      displayName: `Configuration ${index}`,
      assignments: [{ id: `c${index}_x`, target }],
    }));
    const { simulator, client } = await simulatorAndClient(t, { content: new Map([[type.path, policies]]) });
    const whole = (results: readonly PolicyReadResult[]) =>
      results.filter((result) => result.kind === 'policy' && result.assignments.length === 1);
    const results = await collected(client.policies(type));
    t.equal(whole(results).length, 120);
    t.equal(simulator.requests().length, 2, 'two pages and nothing else');
    t.notOk('assignments' in (results[0] as GraphPolicy).raw);

    simulator.failNext({ kind: 'altered_entry', index: 7, fields: { assignments: null }, path: type.path });
    t.equal(whole(await collected(client.policies(type))).length, 120);
    t.ok(simulator.requests().some(({ path }) => path.endsWith('/c7/assignments')));

    simulator.failNext({ kind: 'status', status: 400, path: 'expand=assignments', count: 99 });
    t.equal(whole(await collected(client.policies(type))).length, 120, 'where Graph refuses to expand them');
    simulator.clearFaults();
    t.match(await client.policy(type, 'c3'), { assignments: [{ target }], raw: { displayName: String } });
  },
);

t.test('what a policy links to, and what hangs below it, is attached to it', async (t) => {
  const type = typeNamed('deviceConfigurations');
  const root = {
    '@odata.type': '#microsoft.graph.windows81TrustedRootCertificate',
    id: 'root',
    displayName: 'Root 2030',
    trustedRootCertificate: 'AAAA',
  };
  const wifi = {
    '@odata.type': '#microsoft.graph.windowsWifiEnterpriseEAPConfiguration',
    id: 'wifi',
    displayName: 'Office',
    rootCertificatesForServerValidation: [{ id: 'root' }],
  };
  const template = {
    id: 'n1',
    displayName: 'Please update',
    localizedNotificationMessages: [{ id: 'm1', locale: 'en-us', subject: 'Update' }],
  };
  const templates = typeNamed('notificationMessageTemplates');
  const content = new Map([
    [type.path, [wifi, root]],
    [templates.path, [template]],
  ]);
  const { simulator, client } = await simulatorAndClient(t, { content });
  const [read, plain] = await collected(client.policies(type));
  t.match(read, {
    attached: {
      rootCertificatesForServerValidation: [{ id: 'root', displayName: 'Root 2030' }],
      identityCertificateForClientAuthentication: [],
    },
  });
  t.notOk('attached' in (plain as GraphPolicy), 'a certificate links to nothing');
  t.match(await collected(client.policies(templates)), [
    { attached: { localizedNotificationMessages: [{ locale: 'en-us' }] } },
  ]);

  simulator.failNext({ kind: 'status', status: 400, path: 'rootCertificatesForServerValidation', count: 9 });
  const again = (await client.policy(type, 'wifi')).attached ?? {};
  t.notOk('rootCertificatesForServerValidation' in again, 'what Graph does not give is named as not read');
  simulator.failNext({ kind: 'status', status: 500, path: 'rootCertificateForClientValidation', count: 99 });
  t.match(unreadOf(await collected(client.policies(type))), [
    { name: 'Office', reasonCode: 'graph_unavailable' },
  ]);
});

t.test('scope tags and icons of apps are read at their own addresses', async (t) => {
  const type = typeNamed('mobileApps');
  const app = {
    '@odata.type': '#microsoft.graph.iosStoreApp',
    id: 'a1',
    displayName: 'Reader',
    roleScopeTagIds: ['0', '4'],
    largeIcon: { type: 'image/png', value: 'iVBORw0KGgo=' },
    assignments: [],
  };
  const offered = { ...app, id: 'a2', appAvailability: 'global', isAssigned: false };
  const content = new Map([[type.path, [app, offered]]]);
  const { simulator, client } = await simulatorAndClient(t, { content });
  const { roleScopeTagIds, largeIcon } = app;
  t.match(await collected(client.policies(type)), [{ id: 'a1', raw: { roleScopeTagIds, largeIcon } }]);
  t.same(
    simulator.requests().filter(({ path }) => path.includes('/a2')),
    [],
    'what is left out costs nothing',
  );
});

t.test('the assignments of a role are read with their members, each at its own address', async (t) => {
  const type = typeNamed('roleDefinitions');
  const assigned = (n: number) => ({
    id: `a${n}`,
    displayName: `Office ${n}`,
    members: [`group-${n}`],
    roleScopeTags: [{ id: '1', displayName: 'Berlin' }],
  });
  const roles = [
    {
      id: 'r1',
      displayName: 'Field support',
      roleAssignments: Array.from({ length: 25 }, (_, n) => assigned(n)),
    },
    { id: 'r2', displayName: 'Nobody', roleAssignments: [] },
  ];
  const { simulator, client } = await simulatorAndClient(t, { content: new Map([[type.path, roles]]) });
  const [field, nobody] = (await collected(client.policies(type))) as GraphPolicy[];
  t.same(field?.attached, { roleAssignments: roles[0]?.roleAssignments });
  t.same(nobody?.attached, { roleAssignments: [] });
  const [listed] = simulator
    .requests()
    .filter(({ path }) => path.endsWith('/roleDefinitions/r1/roleAssignments'));
  t.ok(listed, 'the collection, which leaves the members out');
  t.equal(
    simulator.requests().filter(({ path }) => path.includes('deviceManagement/roleAssignments/')).length,
    25,
  );

  simulator.failNext({ kind: 'status', status: 400, path: 'deviceManagement/roleAssignments/a7', count: 1 });
  const [again] = (await collected(client.policies(type))) as GraphPolicy[];
  t.match(
    again?.attached?.roleAssignments
      ?.map(({ members, roleScopeTags }) => [members, roleScopeTags])
      .slice(6, 8),
    [
      [['group-6'], undefined],
      [['group-7'], undefined],
    ],
    'without the tags where Graph refuses to expand them',
  );
  simulator.failNext({ kind: 'status', status: 403, path: 'deviceManagement/roleAssignments/a7', count: 99 });
  t.match(unreadOf(await collected(client.policies(type))), [
    { name: 'Field support', reasonCode: 'graph_forbidden' },
  ]);
});

t.test(
  'categories of apps come with their own address, relationships where a count says that there are any',
  async (t) => {
    const type = typeNamed('mobileApps');
    const app = (id: string, more: GraphObject = {}): GraphObject => ({
      '@odata.type': '#microsoft.graph.win32LobApp',
      id,
      displayName: `App ${id}`,
      categories: [{ id: 'c', displayName: 'Productivity' }],
      relationships: [{ id: 'r', targetId: 'x', targetType: 'child' }],
      assignments: [],
      ...more,
    });
    const apps = [app('a1', { dependentAppCount: 0 }), app('a2', { supersededAppCount: 1 })];
    const { simulator, client } = await simulatorAndClient(t, { content: new Map([[type.path, apps]]) });
    const [first, second] = (await collected(client.policies(type))) as GraphPolicy[];
    t.same(first?.attached, { categories: apps[0]?.categories, relationships: [] });
    t.same(second?.attached, { categories: apps[1]?.categories, relationships: apps[1]?.relationships });
    t.notOk('categories' in (first?.raw ?? {}));
    t.equal(simulator.requests().filter(({ path }) => path.endsWith('/relationships')).length, 1);

    simulator.failNext({ kind: 'status', status: 400, path: 'a2/relationships', count: 9 });
    const refused = (await collected(client.policies(type))) as GraphPolicy[];
    t.same(refused[1]?.attached, { categories: apps[1]?.categories }, 'read, and not compared');
  },
);

t.test(
  'the access of apps to private data belongs to Windows device restrictions, by its own address',
  async (t) => {
    const type = typeNamed('deviceConfigurations');
    const controls = [{ id: 'p', accessLevel: 'forceDeny', dataCategory: 'camera', appDisplayName: 'Paint' }];
    const profile = (id: string, kind: string): GraphObject => ({
      '@odata.type': `#microsoft.graph.${kind}`,
      id,
      displayName: id,
      privacyAccessControls: controls,
      assignments: [],
    });
    const profiles = [
      profile('windows', 'windows10GeneralConfiguration'),
      profile('mac', 'macOSGeneralDeviceConfiguration'),
    ];
    const { client } = await simulatorAndClient(t, { content: new Map([[type.path, profiles]]) });
    const [windows, mac] = (await collected(client.policies(type))) as GraphPolicy[];
    t.same(windows?.attached, { privacyAccessControls: controls });
    t.notOk('privacyAccessControls' in (windows?.raw ?? {}));
    t.notOk(mac?.attached);
    t.same(mac?.raw.privacyAccessControls, controls, 'an own field of that name stays one');
  },
);

t.test('policies of derived types are read where Graph answers them whole', async (t) => {
  const type = typeNamed('managedAppPolicies');
  const protection = {
    '@odata.type': '#microsoft.graph.iosManagedAppProtection',
    id: 'T_1',
    displayName: 'iOS',
    pinRequired: true,
    apps: [{ id: 'a', mobileAppIdentifier: { bundleId: 'com.example' } }],
    assignments: [
      { id: 'x', target: { '@odata.type': '#microsoft.graph.allLicensedUsersAssignmentTarget' } },
    ],
  };
  const configuration = {
    '@odata.type': '#microsoft.graph.targetedManagedAppConfiguration',
    id: 'A_1',
    displayName: 'Edge',
  };
  const content = new Map([[type.path, [protection, configuration]]]);
  const { simulator, client } = await simulatorAndClient(t, { content });
  t.match(await collected(client.policies(type)), [
    { name: 'iOS', raw: { pinRequired: true, apps: [{}] }, assignments: [{}] },
  ]);
  t.ok(
    simulator
      .requests()
      .some(({ path }) => path.startsWith('deviceAppManagement/iosManagedAppProtections/T_1')),
  );
  t.match(await client.policy(type, 'T_1'), { raw: { apps: [{}] }, assignments: [{}] });
});
