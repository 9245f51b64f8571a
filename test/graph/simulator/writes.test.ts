import { hash } from 'node:crypto';
import t from 'tap';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import type { GraphContent } from '../../../src/graph/simulator/tenant-state.js';
import { policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';
import {
  catalogPolicy,
  collected,
  failsWith,
  limitedTo,
  simulatorAndClient,
} from '../simulator-and-client.js';

const CATALOG = 'deviceManagement/configurationPolicies';
const DEVICE = 'deviceManagement/deviceConfigurations';
const FILTERS = 'deviceManagement/assignmentFilters';
const GROUP = '11111111-1111-4111-8111-111111111111';
const FILTER = '22222222-2222-4222-8222-222222222222';
const custom = { '@odata.type': '#microsoft.graph.windows10CustomConfiguration', omaSettings: [] };

/** A tenant with a group, a filter, a scope tag and one policy of the settings catalog. */
function tenant(more: readonly (readonly [string, readonly GraphObject[]])[] = []): GraphContent {
  return new Map<string, readonly GraphObject[]>([
    [CATALOG, [catalogPolicy(0)]],
    ['groups', [{ id: GROUP, displayName: 'Pilot' }]],
    [FILTERS, [{ id: FILTER, displayName: 'Laptops', platform: 'windows10AndLater', rule: '' }]],
    ['deviceManagement/roleScopeTags', [{ id: '7', displayName: 'North' }]],
    ...more,
  ]);
}

const pathOf = (collection: string, body: GraphObject | null) => `${collection}/${String(body?.id)}`;

t.test('what can’t be set or changed is refused with 400, and nothing is changed', async (t) => {
  const { client, simulator } = await simulatorAndClient(t, { content: tenant() });
  const path = `${CATALOG}/${catalogPolicy(0).id}`;
  const device = pathOf(DEVICE, (await client.write('POST', DEVICE, { ...custom, displayName: 'A' })).body);
  const sets = 'deviceAppManagement/policySets';
  const set = pathOf(sets, (await client.write('POST', sets, { displayName: 'A' })).body);
  const memberOf = (payloadId: string) => ({
    '@odata.type': '#microsoft.graph.mobileAppPolicySetItem',
    payloadId,
  });
  const before = simulator.requests().length;
  const target = (fields: object) => ({
    assignments: [{ target: { '@odata.type': '#microsoft.graph.groupAssignmentTarget', ...fields } }],
  });
  const unknown = '99999999-9999-4999-8999-999999999999';
  const refused = [
    ['PATCH', path, { platforms: 'macOS' }],
    ['PUT', path, { name: 'x', templateReference: { templateId: '' }, settings: [] }],
    ['PATCH', device, { displayName: 'without the type' }],
    ['PATCH', device, { '@odata.type': '#microsoft.graph.iosCustomConfiguration', displayName: 'another' }],
    ['PUT', device, { ...custom, displayName: 'x' }],
    ['POST', DEVICE, { displayName: 'no type' }],
    ['PATCH', device, { ...custom, qualityUpdatesPauseStartDate: '2020-01-01' }],
    ['PATCH', path, { roleScopeTagIds: ['0', '3'] }],
    ['POST', `${path}/assign`, target({ groupId: unknown })],
    ['POST', `${path}/assign`, target({ groupId: GROUP, deviceAndAppManagementAssignmentFilterId: unknown })],
    ['POST', `${path}/assign`, { deviceManagementScriptAssignments: [] }],
    ['POST', `${path}/updateSettings`, { settings: [] }],
    [
      'POST',
      'deviceManagement/windowsFeatureUpdateProfiles',
      { displayName: 'x', rolloutSettings: { offerStartDateTimeInUTC: '2026-01-01T00:00:00Z' } },
    ],
    [
      'POST',
      'deviceManagement/deviceCompliancePolicies',
      { '@odata.type': '#microsoft.graph.windows10CompliancePolicy', displayName: 'x' },
    ],
    [
      'POST',
      'identity/conditionalAccess/policies',
      { displayName: 'x', grantControls: { authenticationStrength: { id: unknown } } },
    ],
    [
      'POST',
      'deviceAppManagement/mobileAppConfigurations',
      {
        '@odata.type': '#microsoft.graph.iosMobileAppConfiguration',
        displayName: 'x',
        targetedMobileApps: [unknown],
      },
    ],
    ['POST', 'deviceAppManagement/policySets', { displayName: 'x', items: [memberOf(unknown)] }],
    ['POST', `${set}/update`, { addedPolicySetItems: [memberOf(unknown)], deletedPolicySetItems: [] }],
  ] as const;
  for (const [method, at, body] of refused)
    await failsWith(t, client.write(method, at, body as GraphObject), {
      status: 400,
      reasonCode: 'validation_failed',
      outcomeUnknown: false,
    });
  t.ok(
    simulator
      .requests()
      .slice(before)
      .every(({ applied }) => !applied),
  );
  await client.write('PATCH', path, { roleScopeTagIds: ['0', '7'] });
  await client.write(
    'POST',
    `${path}/assign`,
    target({ groupId: GROUP, deviceAndAppManagementAssignmentFilterId: FILTER }),
  );
});

t.test('names that must be unique are refused with 409', async (t) => {
  const { client } = await simulatorAndClient(t, { content: tenant() });
  const filter = { displayName: 'LAPTOPS', platform: 'iOS', rule: '' };
  await failsWith(t, client.write('POST', FILTERS, filter), { status: 409, reasonCode: 'graph_conflict' });
  const created = await client.write('POST', FILTERS, { ...filter, displayName: 'Phones' });
  await failsWith(t, client.write('PATCH', pathOf(FILTERS, created.body), { displayName: 'laptops' }), {
    status: 409,
  });
  await client.write('PATCH', pathOf(FILTERS, created.body), { displayName: 'phones' });
  await client.write('POST', CATALOG, { name: 'Policy 0', settings: [] });
});

t.test('a server may fail after it has carried out a write, and its log shows it', async (t) => {
  const { client, simulator } = await simulatorAndClient(t, { content: tenant() });
  simulator.failNext({ kind: 'status', status: 504, method: 'POST', applied: true });
  const clientRequestId = '33333333-3333-4333-8333-333333333333';
  const body = { name: 'Written', settings: [] };
  const lost = client.write('POST', CATALOG, body, { clientRequestId });
  await failsWith(t, lost, { status: 504, outcomeUnknown: true });
  t.match(simulator.requests().at(-1), {
    method: 'POST',
    path: CATALOG,
    status: 504,
    clientRequestId,
    applied: true,
    bodyHash: hash('sha256', JSON.stringify(body)),
  });
  const filter = `$filter=correlationId eq '${clientRequestId}'`;
  const events = await client.get(`deviceManagement/auditEvents?${filter}`);
  const [policy] = (await collected(client.pages(`${CATALOG}?$filter=name eq 'Written'`))).flatMap(
    ({ rows }) => rows,
  );
  t.match(events.value, [
    { activityOperationType: 'Create', activityResult: 'Success', resources: [{ resourceId: policy?.id }] },
  ]);
  t.same((await client.get(`deviceManagement/auditEvents?$filter=correlationId eq 'x'`)).value, []);
});

t.test('reads may lag behind writes, but not behind deletes', async (t) => {
  const { client, clock } = await simulatorAndClient(t, { content: tenant() }, { readAfterWriteMs: 30_000 });
  const path = `${CATALOG}/${catalogPolicy(0).id}`;
  await client.write('PATCH', path, { description: 'new' });
  await client.write('PATCH', path, { description: 'newer' });
  t.equal((await client.get(path)).description, undefined);
  const { body } = await client.write('POST', CATALOG, { name: 'Created', settings: [] });
  await failsWith(t, client.get(pathOf(CATALOG, body as GraphObject)), { status: 404 });
  const names = async () =>
    (await collected(client.pages(CATALOG))).flatMap(({ rows }) => rows.map(({ name }) => name));
  t.same(await names(), ['Policy 0']);
  await clock.sleep(30_000);
  t.equal((await client.get(path)).description, 'newer');
  t.same(await names(), ['Policy 0', 'Created']);
  await client.write('DELETE', path, undefined);
  t.same(await names(), ['Created']);
});

t.test('`If-Match` is compared where versions are texts', async (t) => {
  const path = 'deviceAppManagement/iosManagedAppProtections';
  const { client, simulator } = await simulatorAndClient(t, { content: tenant() });
  const { body } = await client.write('POST', path, { displayName: 'Protected' });
  const address = `${simulator.url}/beta/${pathOf(path, body as GraphObject)}`;
  const patch = async (ifMatch: string) => {
    const headers = { authorization: 'Bearer x', 'content-type': 'application/json', 'if-match': ifMatch };
    const answer = await fetch(address, { method: 'PATCH', headers, body: '{"description":"x"}' });
    return answer.status;
  };
  t.equal(await patch('"another"'), 412);
  t.equal(await patch(`W/"${String(body?.version)}"`), 200);
  t.equal(await patch(`W/"${String(body?.version)}"`), 412, 'the version has changed');
  t.equal(await patch('*'), 200);
});

t.test('lists with calls of their own are changed by these alone', async (t) => {
  const { client } = await simulatorAndClient(t, { content: tenant() });
  const templates = 'deviceManagement/notificationMessageTemplates';
  const template = pathOf(templates, (await client.write('POST', templates, { displayName: 'Mail' })).body);
  const messages = `${template}/localizedNotificationMessages`;
  const message = { locale: 'en-us', subject: 'Hello', messageTemplate: 'x', isDefault: true };
  const { body } = await client.write('POST', messages, message);
  await failsWith(t, client.write('POST', messages, { ...message, locale: 'EN-US' }), { status: 400 });
  await failsWith(t, client.write('DELETE', `${messages}/${body?.id}`, undefined), { status: 400 });
  await client.write('PATCH', `${messages}/${body?.id}`, { subject: 'Good day' });
  const type = policyTypeNamed('notificationMessageTemplates');
  if (!type) throw new Error('no such type');
  t.match((await client.policy(type, template.split('/').at(-1) ?? '')).attached, {
    localizedNotificationMessages: [{ locale: 'en-us', subject: 'Good day' }],
  });

  const compliance = 'deviceManagement/deviceCompliancePolicies';
  const rule = (hours: number) => ({
    ruleName: 'x',
    scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: hours }],
  });
  const kind = { '@odata.type': '#microsoft.graph.windows10CompliancePolicy' };
  const policy = pathOf(
    compliance,
    (
      await client.write('POST', compliance, {
        ...kind,
        displayName: 'C',
        scheduledActionsForRule: [rule(1)],
      })
    ).body,
  );
  const hours = async () =>
    JSON.stringify(await client.get(`${policy}?$expand=scheduledActionsForRule`)).match(/Hours":(\d+)/)?.[1];
  await client.write('PATCH', policy, { ...kind, scheduledActionsForRule: [rule(2)] });
  t.equal(await hours(), '1', 'an update ignores them without a word');
  const list = { deviceComplianceScheduledActionForRules: [rule(3)] };
  await client.write('POST', `${policy}/scheduleActionsForRules`, list);
  t.equal(await hours(), '3');

  const admx = 'deviceManagement/groupPolicyConfigurations';
  const values = pathOf(admx, (await client.write('POST', admx, { displayName: 'ADMX' })).body);
  const definition = `https://graph.microsoft.com/beta/deviceManagement/groupPolicyDefinitions('${GROUP}')`;
  const added = [{ enabled: true, 'definition@odata.bind': definition, presentationValues: [] }];
  await client.write('POST', `${values}/updateDefinitionValues`, { added, updated: [], deletedIds: [] });
  await failsWith(t, client.write('POST', `${values}/updateDefinitionValues`, { added }), { status: 400 });
  await failsWith(t, client.write('POST', `${values}/updateDefinitionValues`, { deletedIds: ['x'] }), {
    status: 400,
  });
});

t.test('links lead to certificates that are there', async (t) => {
  const root = {
    id: GROUP,
    displayName: 'Root',
    '@odata.type': '#microsoft.graph.windows81TrustedRootCertificate',
  };
  const { client } = await simulatorAndClient(t, { content: tenant([[DEVICE, [root]]]) });
  const kind = '#microsoft.graph.windowsWifiEnterpriseEAPConfiguration';
  const bound = (id: string) => `https://graph.microsoft.com/beta/${DEVICE}('${id}')`;
  const profile = { '@odata.type': kind, displayName: 'Wi-Fi' };
  const bind = 'rootCertificatesForServerValidation@odata.bind';
  await failsWith(t, client.write('POST', DEVICE, { ...profile, [bind]: [bound(FILTER)] }), { status: 400 });
  const { body } = await client.write('POST', DEVICE, { ...profile, [bind]: [bound(GROUP)] });
  const link = `${pathOf(DEVICE, body as GraphObject)}/${kind.slice(1)}/rootCertificatesForServerValidation`;
  t.match((await client.get(link)).value, [{ id: GROUP, displayName: 'Root' }]);
  await failsWith(t, client.write('PUT', `${link}/$ref`, { '@odata.id': bound(GROUP) }), { status: 400 });
  await client.write('DELETE', `${link}/${GROUP}/$ref`, undefined);
  t.same((await client.get(link)).value, []);
  await client.write('POST', `${link}/$ref`, { '@odata.id': bound(GROUP) });
  t.match((await client.get(link)).value, [{ id: GROUP }]);
});

t.test('an enrollment configuration takes an exclusion for an inclusion', async (t) => {
  const { client } = await simulatorAndClient(t, { content: tenant() });
  const enrollment = 'deviceManagement/deviceEnrollmentConfigurations';
  const kind = { '@odata.type': '#microsoft.graph.deviceEnrollmentLimitConfiguration' };
  const path = pathOf(
    enrollment,
    (await client.write('POST', enrollment, { ...kind, displayName: 'L', limit: 3 })).body,
  );
  const target = { '@odata.type': '#microsoft.graph.exclusionGroupAssignmentTarget', groupId: GROUP };
  await client.write('POST', `${path}/assign`, { enrollmentConfigurationAssignments: [{ target }] });
  t.match(await client.get(`${path}?$expand=assignments`), {
    assignments: [{ target: { '@odata.type': '#microsoft.graph.groupAssignmentTarget' } }],
  });
});

t.test('writes count for a budget of their own', async (t) => {
  const { client, clock, simulator } = await simulatorAndClient(
    t,
    { content: tenant() },
    { throttle: limitedTo({ intune_writes: 2 }) },
  );
  const path = `${CATALOG}/${catalogPolicy(0).id}`;
  for (const description of ['a', 'b', 'c', 'd']) await client.write('PATCH', path, { description });
  t.ok(clock.monotonicMs() >= 20_000, 'the third one waits for its window');
  const applied = simulator.requests().filter((request) => request.applied);
  t.equal(applied.length, 4);
  const windows = applied.map(({ at }, index) => (applied[index + 2]?.at ?? Number.POSITIVE_INFINITY) - at);
  t.ok(
    windows.every((ms) => ms >= 20_000),
    'never three in one window',
  );
});
