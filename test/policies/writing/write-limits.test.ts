import t from 'tap';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import { rankOf } from '../../../src/policies/catalogue/policy-writing.js';
import type { PolicyDocument } from '../../../src/policies/policy-document.js';
import { copyName, freeCopyNumber } from '../../../src/policies/writing/copy-name.js';
import { isUpdateTarget, planWrites } from '../../../src/policies/writing/plan-writes.js';
import type { WriteInput } from '../../../src/policies/writing/write-plan.js';
import { assignedTo, choice, simple } from '../policy-builder.js';
import { documentWith, inputOf, typeNamed } from './plan-input.js';

const catalog = typeNamed('configurationPolicies');
const device = typeNamed('deviceConfigurations');
const GROUP = '11111111-1111-4111-8111-111111111111';
const FILTER = '22222222-2222-4222-8222-222222222222';

const firewall = (value: string, raw: JsonObject = {}) =>
  documentWith(
    {
      name: 'Firewall',
      platforms: 'windows10',
      technologies: 'mdm',
      creationSource: 'Example tool',
      templateReference: { templateId: 'adc46e5a-0000-4000-8000-000000000017_1', templateFamily: 'x' },
      roleScopeTagIds: ['0'],
      settingCount: 1,
      ...raw,
    },
    { settings: [{ id: '0', settingInstance: choice('device_one', value) }] },
  );

t.test('one request changes a setting back and leaves out fields that can’t be written', (t) => {
  const plan = planWrites(inputOf(catalog, firewall('device_one_1'), firewall('device_one_0')));
  t.match(plan, { action: 'update', requests: { length: 1 }, limits: [] });
  const [put] = plan.requests;
  t.match(put, { what: 'update', method: 'PUT', path: 'deviceManagement/configurationPolicies/p1' });
  t.same(Object.keys(put?.body ?? {}).sort(), ['name', 'roleScopeTagIds', 'settings']);
  t.end();
});

t.test('when settings are equal, only the fields that differ are sent', (t) => {
  const now = firewall('device_one_1', { description: 'changed' });
  const plan = planWrites(inputOf(catalog, firewall('device_one_1', { description: 'as it was' }), now));
  t.same(plan.requests, [
    {
      what: 'update',
      method: 'PATCH',
      path: 'deviceManagement/configurationPolicies/p1',
      body: { description: 'as it was' },
    },
  ]);
  t.end();
});

t.test('a policy of the same name for another platform isn’t a target and stays unchanged', (t) => {
  const mac = firewall('device_one_1', { id: 'p2', platforms: 'macOS' });
  t.notOk(isUpdateTarget(catalog, firewall('device_one_1'), mac));
  t.ok(isUpdateTarget(catalog, firewall('device_one_1'), firewall('device_one_0', { name: 'Renamed' })));
  const plan = planWrites(inputOf(catalog, firewall('device_one_1'), mac));
  t.match(plan, {
    action: 'leave',
    limits: [{ kind: 'cannot_change', field: 'platforms', reasonCode: null }],
  });
  const otherKind = documentWith({ '@odata.type': '#microsoft.graph.b', displayName: 'x' });
  const kind = planWrites(
    inputOf(device, documentWith({ '@odata.type': '#microsoft.graph.a', displayName: 'x' }), otherKind),
  );
  t.match(kind, { action: 'blocked', requests: [], limits: [{ reasonCode: 'not_restorable' }] });
  t.end();
});

t.test('when only assignments differ, one request assigns all of them, with exclusions', (t) => {
  const assignments = [
    assignedTo('groupAssignmentTarget', { groupId: GROUP }),
    assignedTo('exclusionGroupAssignmentTarget', { groupId: FILTER }),
  ];
  const snapshot = { ...firewall('device_one_1'), assignments };
  const plan = planWrites(inputOf(catalog, snapshot, firewall('device_one_1')));
  t.same(plan.requests, [
    {
      what: 'assign',
      method: 'POST',
      path: 'deviceManagement/configurationPolicies/p1/assign',
      body: { assignments: assignments.map(({ target }) => ({ target })) },
    },
  ]);
  const without = inputOf(catalog, snapshot, firewall('device_one_1'), { includeAssignments: false });
  t.equal(planWrites(without).action, 'leave');
  const emptied = planWrites(inputOf(catalog, firewall('device_one_1'), snapshot));
  t.match(emptied.requests, [{ what: 'assign', body: { assignments: [] } }]);
  t.end();
});

t.test('assignments that a policy set makes are left to the set', (t) => {
  const fromSet = {
    ...assignedTo('groupAssignmentTarget', { groupId: GROUP }),
    source: 'policySets',
    sourceId: 's',
  };
  const snapshot = { ...firewall('device_one_1'), assignments: [fromSet] };
  t.match(planWrites(inputOf(catalog, snapshot, firewall('device_one_1'))), {
    action: 'leave',
    limits: [{ kind: 'inherited_assignment', reasonCode: null }],
  });
  t.same(planWrites(inputOf(catalog, snapshot, snapshot)).limits, []);
  t.end();
});

t.test('an unmapped reference blocks the policy, unless its field isn’t written', (t) => {
  const target = { groupId: GROUP, deviceAndAppManagementAssignmentFilterId: FILTER };
  const snapshot = {
    ...firewall('device_one_1', { roleScopeTagIds: ['0', '3'] }),
    assignments: [assignedTo('groupAssignmentTarget', target)],
  };
  const mapped = () => null;
  const plan = planWrites(inputOf(catalog, snapshot, null, { mapped }));
  t.match(plan, { action: 'blocked', requests: [] });
  t.same(
    plan.limits.map(({ kind, reasonCode, reference }) => [kind, reasonCode, reference?.kind]).sort(),
    ['assignment_filter', 'group', 'scope_tag'].map((kind) => ['unknown_reference', 'mapping_missing', kind]),
  );
  const bare = inputOf(catalog, snapshot, null, {
    mapped,
    includeAssignments: false,
    includeScopeTags: false,
  });
  t.match(planWrites(bare), { action: 'create', limits: [] });
  t.notOk('roleScopeTagIds' in (planWrites(bare).requests[0]?.body ?? {}), 'Graph sets its own default tag');
  t.equal(
    planWrites(inputOf(catalog, snapshot, snapshot, { mapped })).action,
    'leave',
    'the same everywhere',
  );
  t.end();
});

t.test('mapped ids are written, and compared with what is there', (t) => {
  const [old, now] = ['3', '7'];
  const mapped = ({ id }: { readonly id: string }) => (id === old ? now : id);
  const snapshot = firewall('device_one_1', { roleScopeTagIds: ['0', old] });
  const renumbered = firewall('device_one_1', { roleScopeTagIds: ['0', now] });
  t.equal(planWrites(inputOf(catalog, snapshot, renumbered, { mapped })).action, 'leave');
  const finance = firewall('device_one_1', { roleScopeTagIds: ['0', old] });
  t.match(planWrites(inputOf(catalog, snapshot, finance, { mapped })).requests, [
    { body: { roleScopeTagIds: ['0', now] } },
  ]);
  t.end();
});

t.test('a withheld secret or a mask is never written', (t) => {
  const secret = (valueState: string, value: string) => simple('device_key', value, 'Secret', { valueState });
  const rows = (instance: JsonObject) => ({ settings: [{ id: '0', settingInstance: instance }] });
  const withheld = { ...firewall('x'), ...rows(secret('encryptedValueToken', 'handle')) };
  const other = { ...firewall('x'), ...rows(choice('device_two', 'b')) };
  t.match(planWrites(inputOf(catalog, withheld, other)), {
    action: 'blocked',
    limits: [{ kind: 'secret_withheld', reasonCode: 'secret_unavailable' }],
  });
  const described = { ...withheld, raw: { ...withheld.raw, description: 'changed' } };
  t.match(
    planWrites(inputOf(catalog, described, withheld)),
    { action: 'update', requests: [{ method: 'PATCH', body: { description: 'changed' } }] },
    'a field beside the secret is written',
  );
  t.match(planWrites(inputOf(catalog, { ...firewall('x'), ...rows(secret('notEncrypted', 'open')) }, null)), {
    action: 'create',
  });
  for (const mask of ['[masked]', '********']) {
    const oma = documentWith({
      '@odata.type': '#microsoft.graph.windows10CustomConfiguration',
      displayName: 'x',
      omaSettings: [{ omaUri: './x', value: mask }],
    });
    t.match(planWrites(inputOf(device, oma, null)), { action: 'blocked' }, mask);
  }
  const wifi = documentWith({
    '@odata.type': '#microsoft.graph.iosWiFiConfiguration',
    displayName: 'x',
    preSharedKeyIsSet: true,
    preSharedKey: null,
  });
  t.match(planWrites(inputOf(device, wifi, null)), {
    limits: [{ field: 'preSharedKey', kind: 'secret_withheld' }],
  });
  t.end();
});

t.test('dates in the past are left out and reported', (t) => {
  const type = typeNamed('windowsFeatureUpdateProfiles');
  const rollout = (offerStartDateTimeInUTC: string) =>
    documentWith({
      displayName: 'x',
      featureUpdateVersion: 'a',
      rolloutSettings: { offerStartDateTimeInUTC },
    });
  const created = planWrites(inputOf(type, rollout('2029-12-31T00:00:00Z'), null));
  t.match(created, {
    action: 'create',
    limits: [{ kind: 'past_date', field: 'rolloutSettings', reasonCode: null }],
  });
  t.notOk('rolloutSettings' in (created.requests[0]?.body ?? {}));
  const kept = planWrites(inputOf(type, rollout('2029-12-31T00:00:00Z'), rollout('2029-01-01T00:00:00Z')));
  t.match(kept, { action: 'leave', limits: [{ kind: 'past_date' }] });
  t.match(planWrites(inputOf(type, rollout('2031-01-01T00:00:00Z'), null)), { limits: [] });
  t.end();
});

t.test('a compliance policy without its block action isn’t created with a default action', (t) => {
  const type = typeNamed('deviceCompliancePolicies');
  const policy = (rules: JsonObject[]) =>
    documentWith({
      '@odata.type': '#microsoft.graph.windows10CompliancePolicy',
      displayName: 'x',
      scheduledActionsForRule: rules,
    });
  t.match(planWrites(inputOf(type, policy([]), null)), {
    action: 'blocked',
    limits: [{ kind: 'content_missing', reasonCode: 'not_restorable' }],
  });
  const block = { actionType: 'block', gracePeriodHours: 12 };
  const rule = { id: 'r', ruleName: 'x', scheduledActionConfigurations: [{ id: 'b', ...block }] };
  const [create] = planWrites(inputOf(type, policy([rule]), null)).requests;
  t.same(create?.body?.scheduledActionsForRule, [{ ruleName: 'x', scheduledActionConfigurations: [block] }]);
  t.end();
});

t.test('policies that Microsoft provides are changed only in the fields that Graph accepts', (t) => {
  const scripts = typeNamed('deviceHealthScripts');
  const script = (raw: JsonObject, assignments: JsonObject[] = []) =>
    documentWith({ displayName: 'Microsoft’s', isGlobalScript: true, ...raw }, { assignments });
  t.match(planWrites(inputOf(scripts, script({}), null)), { action: 'blocked' });
  const assigned = [assignedTo('groupAssignmentTarget', { groupId: GROUP })];
  t.match(planWrites(inputOf(scripts, script({ runAsAccount: 'user' }, assigned), script({}))), {
    requests: [{ what: 'assign', body: { deviceHealthScriptAssignments: { length: 1 } } }],
    limits: [{ kind: 'provided_by_microsoft', field: 'runAsAccount' }],
  });
  const enrollment = typeNamed('deviceEnrollmentConfigurations');
  const standard = (limit: number, assignments: JsonObject[] = []) =>
    documentWith(
      { id: 'x_DefaultLimit', '@odata.type': '#microsoft.graph.deviceEnrollmentLimitConfiguration', limit },
      { assignments },
    );
  t.match(planWrites(inputOf(enrollment, standard(3), null)), { action: 'blocked' });
  t.match(planWrites(inputOf(enrollment, standard(3, assigned), standard(5))), {
    requests: [{ what: 'update', body: { limit: 3 } }],
    limits: [{ kind: 'provided_by_microsoft', field: 'assignments' }],
  });
  t.end();
});

t.test('an exclusion that Graph would turn into an inclusion is refused', (t) => {
  const enrollment = typeNamed('deviceEnrollmentConfigurations');
  const excluded = documentWith(
    { '@odata.type': '#microsoft.graph.deviceEnrollmentLimitConfiguration', displayName: 'x' },
    { assignments: [assignedTo('exclusionGroupAssignmentTarget', { groupId: GROUP })] },
  );
  t.match(planWrites(inputOf(enrollment, excluded, null)), {
    action: 'blocked',
    limits: [{ kind: 'exclusion_refused' }],
  });
  t.end();
});

t.test('a setting that can’t be removed from a legacy policy is reported', (t) => {
  const type = typeNamed('intents');
  const intent = (ids: readonly string[]) =>
    documentWith(
      { displayName: 'x', templateId: GROUP },
      { settings: ids.map((definitionId) => ({ id: definitionId, definitionId, valueJson: 'true' })) },
    );
  t.match(planWrites(inputOf(type, intent(['one']), intent(['one', 'two']))), {
    action: 'leave',
    limits: [{ kind: 'cannot_remove', field: 'two', reasonCode: null }],
  });
  t.match(planWrites(inputOf(type, intent(['one']), null)).requests, [
    {
      path: `deviceManagement/templates/${GROUP}/createInstance`,
      body: { settingsDelta: [{ definitionId: 'one', valueJson: 'true' }] },
    },
  ]);
  t.end();
});

t.test('a copy has its own name and changes no existing policy; neither does the mode “missing”', (t) => {
  const [snapshot, live] = [firewall('device_one_1'), firewall('device_one_0')];
  const copied = planWrites(inputOf(catalog, snapshot, live, { mode: 'copy' }));
  t.match(copied, {
    action: 'create',
    requests: [{ what: 'create', method: 'POST', body: { name: 'A copy' } }],
  });
  t.same(planWrites(inputOf(catalog, snapshot, live, { mode: 'missing' })), {
    action: 'leave',
    requests: [],
    limits: [],
  });
  t.equal(planWrites(inputOf(catalog, snapshot, null, { mode: 'missing' })).action, 'create');
  const copyNameFor = (type: typeof catalog, name: string, taken: ReadonlySet<string>) =>
    copyName(type, name, freeCopyNumber(type, name, taken));
  t.equal(copyNameFor(catalog, 'Firewall', new Set()), 'Firewall (restored)');
  t.equal(copyNameFor(catalog, 'Firewall', new Set(['firewall (restored)'])), 'Firewall (restored 2)');
  t.equal(copyNameFor(typeNamed('windowsAutopilotDeploymentProfiles'), 'A-1', new Set()), 'A1 restored');
  t.end();
});

t.test('types that can’t be written are blocked with their reason', (t) => {
  const app = documentWith({ displayName: 'An app' });
  t.match(planWrites(inputOf(typeNamed('mobileApps'), app, null)), {
    action: 'blocked',
    limits: [{ kind: 'not_writable', reasonCode: 'not_restorable', reason: /content of an app/ }],
  });
  const role = documentWith(
    { displayName: 'A role' },
    { attached: { roleAssignments: [{ id: 'a', members: [GROUP] }] } },
  );
  t.match(planWrites(inputOf(typeNamed('roleDefinitions'), role, null)), {
    action: 'create',
    limits: [{ kind: 'set_by_graph', field: 'roleAssignments', reason: /which a restore doesn’t write/ }],
  });
  t.end();
});

t.test('decisions about drivers are not written, and only those that differ are named', (t) => {
  const driver = (approvalStatus: string) => ({
    name: 'Audio',
    version: '1',
    category: 'other',
    approvalStatus,
  });
  const profile = (...driverInventories: JsonObject[]) =>
    documentWith({ displayName: 'Drivers', approvalType: 'manual' }, { attached: { driverInventories } });
  const plan = (captured: PolicyDocument, live: PolicyDocument | null) =>
    planWrites(inputOf(typeNamed('windowsDriverUpdateProfiles'), captured, live));
  const limits = [{ kind: 'set_by_graph', field: 'driverInventories', reasonCode: null }];
  t.match(plan(profile(driver('approved')), null), { action: 'create', limits });
  t.same(plan(profile(driver('needsReview')), null).limits, []);
  t.match(plan(profile(driver('approved')), profile(driver('declined'))), { action: 'leave', limits });
  t.same(plan(profile(driver('approved')), profile()).limits, [], 'Windows Update lists the driver no more');
  t.match(plan(profile(), profile(driver('approved'))), { action: 'leave', limits });
  t.end();
});

t.test('a field is written where only another kind of profile has objects of that name', (t) => {
  const privacyAccessControls = [{ displayName: 'Camera', identifier: 'com.example.app' }];
  const mac = (raw: JsonObject) =>
    documentWith({
      '@odata.type': '#microsoft.graph.macOSGeneralDeviceConfiguration',
      displayName: 'macOS',
      ...raw,
    });
  t.match(planWrites(inputOf(device, mac({ privacyAccessControls }), null)), {
    action: 'create',
    requests: [{ body: { privacyAccessControls } }],
    limits: { length: 0 },
  });
  t.match(planWrites(inputOf(device, mac({ privacyAccessControls }), mac({ privacyAccessControls: [] }))), {
    action: 'update',
    requests: [{ body: { privacyAccessControls } }],
    limits: { length: 0 },
  });
  const windows = documentWith(
    { '@odata.type': '#microsoft.graph.windows10GeneralConfiguration', displayName: 'Windows' },
    { attached: { privacyAccessControls } },
  );
  t.match(planWrites(inputOf(device, windows, null)), {
    action: 'create',
    limits: [{ kind: 'set_by_graph', field: 'privacyAccessControls', reason: /objects of their own/ }],
  });
  t.end();
});

t.test('what reading a type leaves out stays as it is, also when it was captured by its id', (t) => {
  for (const [name, raw, what] of [
    ['roleDefinitions', { displayName: 'Operator', isBuiltIn: true }, /leaves out Microsoft’s own roles/],
    [
      'roleScopeTags',
      { displayName: 'Default', isBuiltIn: true },
      /leaves out the tag that every tenant has/,
    ],
  ] as const)
    for (const mode of ['update', 'copy', 'missing'] as const)
      t.match(planWrites(inputOf(typeNamed(name), documentWith(raw), null, { mode })), {
        action: 'leave',
        requests: [],
        limits: [{ kind: 'left_out', reasonCode: null, reason: what }],
      });
  t.end();
});

t.test('links to certificates are set at creation and changed one by one afterwards', (t) => {
  const [root, other, identity] = [GROUP, FILTER, '33333333-3333-4333-8333-333333333333'];
  const raw = {
    '@odata.type': '#microsoft.graph.windowsWifiEnterpriseEAPConfiguration',
    displayName: 'Wi-Fi',
  };
  const profile = (roots: readonly string[], identities: readonly string[]) =>
    documentWith(raw, {
      attached: {
        rootCertificatesForServerValidation: roots.map((id) => ({ id })),
        identityCertificateForClientAuthentication: identities.map((id) => ({ id })),
      },
    });
  const bound = (id: string) =>
    `https://graph.microsoft.com/beta/deviceManagement/deviceConfigurations('${id}')`;
  const [create] = planWrites(inputOf(device, profile([root, other], [identity]), null)).requests;
  t.match(create?.body, {
    'rootCertificatesForServerValidation@odata.bind': [bound(root), bound(other)],
    'identityCertificateForClientAuthentication@odata.bind': bound(identity),
  });
  const { requests } = planWrites(inputOf(device, profile([root], [identity]), profile([other], [])));
  const path =
    'deviceManagement/deviceConfigurations/p1/microsoft.graph.windowsWifiEnterpriseEAPConfiguration';
  t.same(
    requests.map(({ method, path: at, body }) => [method, at.slice(path.length), body?.['@odata.id']]),
    [
      ['POST', '/rootCertificatesForServerValidation/$ref', bound(root)],
      ['DELETE', `/rootCertificatesForServerValidation/${other}/$ref`, undefined],
      ['PUT', '/identityCertificateForClientAuthentication/$ref', bound(identity)],
    ],
  );
  const missing = planWrites(inputOf(device, profile([root], []), null, { mapped: () => null }));
  t.match(missing, { action: 'blocked', limits: [{ reference: { kind: 'certificate' } }] });
  t.end();
});

t.test('links to derived credentials and network profiles lead to their own collections', (t) => {
  const created = (derived: string, link: string) => {
    const raw = { '@odata.type': `#microsoft.graph.${derived}`, displayName: 'P' };
    const attached = { [link]: [{ id: GROUP }] };
    return planWrites(inputOf(device, documentWith(raw, { attached }), null)).requests[0]?.body;
  };
  const bound = (collection: string) =>
    `https://graph.microsoft.com/beta/deviceManagement/${collection}('${GROUP}')`;
  t.match(created('iosEnterpriseWiFiConfiguration', 'derivedCredentialSettings'), {
    'derivedCredentialSettings@odata.bind': bound('derivedCredentials'),
  });
  t.match(created('windowsDomainJoinConfiguration', 'networkAccessConfigurations'), {
    'networkAccessConfigurations@odata.bind': [bound('deviceConfigurations')],
  });
  t.ok(
    device.writing &&
      rankOf(device.writing, 'windowsDomainJoinConfiguration') >
        rankOf(device.writing, 'windowsWifiEnterpriseEAPConfiguration'),
    'a domain join is restored after its network profiles',
  );
  t.end();
});

t.test('a field that the snapshot doesn’t have is cleared as Graph takes it, or stays and is named', (t) => {
  const odataType = '#microsoft.graph.windows10GeneralConfiguration';
  const kept = documentWith({ '@odata.type': odataType, displayName: 'Edge' });
  const now = documentWith({
    ...kept.raw,
    description: 'of somebody',
    allowedUrls: ['https://example.com'],
    newSwitch: true,
    newChoice: 'notConfigured',
    roleScopeTagIds: ['0'],
  });
  const plan = planWrites(inputOf(device, kept, now));
  t.match(plan.requests, { length: 1 });
  t.same(plan.requests[0]?.body, { '@odata.type': odataType, description: null, allowedUrls: [] });
  t.same(
    plan.limits.map(({ kind, field, reasonCode }) => [kind, field, reasonCode]),
    ['newChoice', 'newSwitch', 'roleScopeTagIds'].map((field) => ['not_captured', field, null]),
  );
  const nulled = { ...kept, raw: { ...kept.raw, newSwitch: null } };
  t.same(
    planWrites(inputOf(device, nulled, now)).limits.map(({ field }) => field),
    ['newChoice', 'roleScopeTagIds'],
    'a null that was captured is written',
  );
  t.end();
});

t.test('a policy that was captured without a name keeps the one that it has now', (t) => {
  const odataType = '#microsoft.graph.windows10GeneralConfiguration';
  const nameless = documentWith({ '@odata.type': odataType, displayName: '', description: 'as it was' });
  const now = documentWith({ ...nameless.raw, displayName: 'Renamed', description: 'changed' });
  const limits = (reasonCode: string | null) => [{ kind: 'content_missing', reasonCode }];
  t.match(planWrites(inputOf(device, nameless, now)), {
    requests: [{ body: { description: 'as it was', displayName: undefined } }],
    limits: limits(null),
  });
  t.match(
    planWrites(inputOf(catalog, firewall('device_one_1', { name: '' }), firewall('device_one_0'))),
    { action: 'blocked', requests: [], limits: [{ field: 'name', reasonCode: 'not_restorable' }] },
    'Graph takes settings only together with the name',
  );
  t.match(planWrites(inputOf(device, nameless, null)), {
    action: 'blocked',
    requests: [],
    limits: [{ field: 'displayName', reasonCode: 'not_restorable' }],
  });
  t.end();
});

t.test('without scope tags the tags that are there stay, whatever a map says of their numbers', (t) => {
  const kept = firewall('device_one_1', { description: 'as it was', roleScopeTagIds: ['3'] });
  const now = firewall('device_one_1', { description: 'changed', roleScopeTagIds: ['7'] });
  const mapped: WriteInput['mapped'] = ({ kind }) => (kind === 'scope_tag' ? '9' : null);
  const { requests } = planWrites(inputOf(catalog, kept, now, { includeScopeTags: false, mapped }));
  t.same(
    requests.map(({ body }) => body),
    [{ description: 'as it was' }],
  );
  t.match(planWrites(inputOf(catalog, kept, now, { mapped })).requests, [
    { body: { roleScopeTagIds: ['9'] } },
  ]);
  t.end();
});

t.test('values whose definitions nobody knows are not written', (t) => {
  const templates = typeNamed('groupPolicyConfigurations');
  const template = documentWith(
    { displayName: 'ADMX' },
    { settings: [{ id: 'v', enabled: true, presentationValues: [] }] },
  );
  t.match(planWrites(inputOf(templates, template, null)), {
    action: 'blocked',
    requests: [],
    limits: [{ kind: 'content_missing', field: 'definitionValues', reasonCode: 'not_restorable' }],
  });
  t.end();
});

t.test('the name of a copy is never longer than Graph takes', (t) => {
  for (const length of [3, 109, 110, 119, 128, 256, 1000])
    for (const character of ['x', '😀', ' ']) {
      const name = character.repeat(Math.floor(length / character.length));
      const numbers = [1, 2, 10, 100];
      const names = numbers.map((number) => copyName(catalog, name, number));
      t.equal(new Set(names).size, numbers.length, 'each number has a name of its own');
      for (const copy of names) {
        t.ok(copy.length <= Math.max(length, 120));
        t.match(copy, / \(restored( \d+)?\)$/);
        t.ok(copy.isWellFormed());
      }
    }
  t.equal(copyName(catalog, 'Firewall', 2), 'Firewall (restored 2)');
  t.end();
});
