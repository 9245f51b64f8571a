import t from 'tap';
import type { JsonObject } from '../../src/ledger/canonical-json.js';
import { between, catalogPolicy, choice, plainPolicy } from './policy-builder.js';

/** Fields that Microsoft writes about a policy aren’t settings of the tenant; the setting beside them is one. */
const template = (definition: JsonObject, presentation: JsonObject, value = 'x') =>
  plainPolicy(
    'groupPolicyConfigurations',
    { policyConfigurationIngestionType: definition.version ?? null },
    {
      settings: [
        {
          enabled: true,
          definition: { id: 'd1', ...definition },
          presentationValues: [{ id: 'r1', value, presentation: { id: 'p1', ...presentation } }],
        },
      ],
    },
  );

t.test('definitions of administrative templates', (t) => {
  const before = template(
    { explainText: 'Old words', version: '1.0', categoryPath: '\\A', displayName: 'Size' },
    { label: 'MB', maxLength: 1 },
  );
  const after = template(
    { explainText: 'New words', version: '2.0', categoryPath: '\\B', displayName: 'Maximum size' },
    { label: 'Megabytes', maxLength: 2 },
  );
  t.same(between(before, after), []);
  t.match(between(before, template({ displayName: 'Size' }, { label: 'MB' }, 'y')), [
    { settingsChanged: [{ path: 'definitionValues/d1/presentationValues/p1/value', label: 'MB' }] },
  ]);
  t.end();
});

t.test('Microsoft’s releases, templates, migrations and scripts', (t) => {
  const pairs: readonly (readonly [string, JsonObject, JsonObject])[] = [
    [
      'windowsFeatureUpdateProfiles',
      { endOfSupportDate: '2026-10-13T00:00:00Z' },
      { endOfSupportDate: '2027-01-01T00:00:00Z' },
    ],
    [
      'windowsQualityUpdateProfiles',
      { releaseDateDisplayName: '2026.02 B' },
      { releaseDateDisplayName: '2026.02 B (revised)' },
    ],
    [
      'windowsQualityUpdateProfiles',
      { deployableContentDisplayName: 'a' },
      { deployableContentDisplayName: 'b' },
    ],
    [
      'windowsDriverUpdateProfiles',
      { newUpdates: 1, deviceReporting: 4 },
      { newUpdates: 9, deviceReporting: 5 },
    ],
    ['intents', { isMigratingToConfigurationPolicy: null }, { isMigratingToConfigurationPolicy: true }],
    [
      'deviceHealthScripts',
      { isGlobalScript: true, detectionScriptContent: 'b25l', publisher: 'Microsoft', version: '1' },
      { isGlobalScript: true, detectionScriptContent: 'dHdv', publisher: 'Microsoft Corp.', version: '2' },
    ],
  ];
  for (const [type, before, after] of pairs)
    t.same(between(plainPolicy(type, before), plainPolicy(type, after)), [], type);
  const reference = (templateDisplayName: string, templateId = 't_1') =>
    catalogPolicy([choice('s', 's_1')], {
      raw: {
        templateReference: { templateId, templateDisplayName, templateDisplayVersion: templateDisplayName },
      },
    });
  t.same(between(reference('Antivirus'), reference('Defender Antivirus')), []);
  t.match(between(reference('A'), reference('A', 't_2')), [
    { settingsChanged: [{ path: 'templateReference/templateId' }] },
  ]);
  const own = (content: string) =>
    plainPolicy('deviceHealthScripts', { isGlobalScript: false, detectionScriptContent: content });
  t.match(between(own('b25l'), own('dHdv')), [{ kind: 'changed' }], 'a script of the tenant’s own');
  t.match(
    between(
      plainPolicy('windowsFeatureUpdateProfiles', { featureUpdateVersion: '24H2' }),
      plainPolicy('windowsFeatureUpdateProfiles', { featureUpdateVersion: '25H2' }),
    ),
    [{ settingsChanged: [{ path: 'featureUpdateVersion' }] }],
  );
  t.end();
});

t.test('the JSON inside an intent, in any order', (t) => {
  const intent = (valueJson: string, value?: string) =>
    plainPolicy(
      'intents',
      {},
      {
        settings: [
          {
            id: valueJson.length.toString(),
            definitionId: 'deviceConfiguration--Rules',
            valueJson,
            ...(value && { value }),
          },
        ],
      },
    );
  t.same(between(intent('{"a":1,"b":[{"c":2},{"d":3}]}'), intent('{ "b": [{"d":3},{"c":2}], "a": 1 }')), []);
  t.match(between(intent('{"a":1}'), intent('{"a":2}')), [
    {
      settingsChanged: [
        { path: 'settings/deviceconfiguration--rules/valueJson/a', before: ['1'], after: ['2'] },
      ],
    },
  ]);
  t.match(
    between(intent('12345678901234567'), intent('12345678901234568')),
    [{ kind: 'changed' }],
    'no number is rounded',
  );
  t.same(
    between(intent('{"a":12345678901234567,"b":[1,2]}'), intent('{"b":[2,1],"a":12345678901234567}')),
    [],
    'also with a number that JSON.parse would round',
  );
  t.match(
    between(intent('{"a":12345678901234567,"b":1}'), intent('{"b":1,"a":12345678901234568}')),
    [{ settingsChanged: [{ path: 'settings/deviceconfiguration--rules/valueJson/a' }] }],
    'such a number is compared to its last digit',
  );
  t.match(between(intent('true'), intent('"true"')), [{ kind: 'changed' }], 'a text is no boolean');
  t.match(between(intent('{"a":1}'), intent('{"a":"1"}')), [{ kind: 'changed' }], 'nor a number');
  t.end();
});

t.test('handles of withheld secrets', (t) => {
  const oma = (secretReferenceValueId: string) =>
    plainPolicy('deviceConfigurations', {
      omaSettings: [{ omaUri: './Key', value: '****', isEncrypted: true, secretReferenceValueId }],
      x: secretReferenceValueId.length,
    });
  t.same(between(oma('h-1'), oma('h-2')), []);
  const secret = (value: string, more: JsonObject = {}) =>
    catalogPolicy([
      {
        settingDefinitionId: 'vendor_key',
        simpleSettingValue: {
          '@odata.type': '#microsoft.graph.deviceManagementConfigurationSecretSettingValue',
          valueState: 'encryptedValueToken',
          value,
          ...more,
        },
      },
      choice('other', value.length > 2 ? 'other_1' : 'other_0'),
    ]);
  t.same(between(secret('t1'), secret('t2')), []);
  t.match(between(secret('t1'), secret('t2-renewed')), [
    { settingsChanged: [{ path: 'other' }], withheld: ['vendor_key'] },
  ]);
  t.match(between(oma('h-1'), oma('h-10')), [{ withheld: ['omaSettings/./Key/value'] }]);
  t.end();
});

t.test('one meaning in several forms', (t) => {
  const action = (notificationTemplateId: string) =>
    plainPolicy('deviceCompliancePolicies', {
      scheduledActionsForRule: [
        {
          scheduledActionConfigurations: [
            { actionType: 'block', gracePeriodHours: 0, notificationTemplateId },
          ],
        },
      ],
    });
  t.same(between(action('00000000-0000-0000-0000-000000000000'), action('')), [], 'no template');
  t.match(between(action(''), action('00000000-0000-4000-8000-000000000001')), [{ kind: 'changed' }]);
  const of = (fields: JsonObject) => between(plainPolicy('deviceConfigurations', fields), none);
  const none = plainPolicy('deviceConfigurations', { expires: null });
  for (const time of ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.0000000+00:00'])
    t.same(of({ expires: time }), [], `${time} is no date`);
  t.match(of({ expires: '0001-01-02T00:00:00Z' }), [{ kind: 'changed' }]);
  const typed = (own: string, inner: string) =>
    plainPolicy('deviceConfigurations', { '@odata.type': own, rules: [{ '@odata.type': inner, port: 1 }] });
  t.same(
    between(
      typed('#microsoft.graph.windows10GeneralConfiguration', '#microsoft.graph.a'),
      typed('microsoft.graph.windows10GeneralConfiguration', 'microsoft.graph.a'),
    ),
    [],
    'a type with and without its number sign',
  );
  t.match(
    between(
      typed('#microsoft.graph.a', '#microsoft.graph.a'),
      typed('#microsoft.graph.a', '#microsoft.graph.b'),
    ),
    [{ settingsChanged: [{ path: 'rules/@odata.type' }] }],
  );
  t.end();
});

t.test('entries of lists of names and values are named by their names', (t) => {
  const lists: readonly [string, (name: string, value: string) => JsonObject, string][] = [
    ['customSettings', (name, value) => ({ name, value }), 'value'],
    [
      'settings',
      (appConfigKey, appConfigKeyValue) => ({ appConfigKey, appConfigKeyValue }),
      'appConfigKeyValue',
    ],
  ];
  for (const [field, entry, valueField] of lists) {
    const policy = (...entries: [string, string][]) =>
      plainPolicy('mobileAppConfigurations', { [field]: entries.map(([name, value]) => entry(name, value)) });
    const before = policy(['site', 'a'], ['wifiPassword', 'old'], ['adminPassword', 'same']);
    t.same(between(before, policy(['adminPassword', 'same'], ['site', 'a'], ['wifiPassword', 'old'])), []);
    t.match(
      between(before, policy(['site', 'b'], ['wifiPassword', 'new'], ['adminPassword', 'same'])),
      [
        {
          settingsChanged: [
            { path: `${field}/site/${valueField}`, before: ['"a"'], after: ['"b"'] },
            { path: `${field}/wifiPassword/${valueField}`, before: ['"[masked]"'], after: ['"[masked]"'] },
          ],
        },
      ],
      'a masked value says which one it is',
    );
    t.match(between(policy(['x', '1'], ['y', '2']), policy(['x', '2'], ['y', '1'])), [{ kind: 'changed' }]);
    t.match(
      between(policy(['x', '1'], ['x', '2']), policy(['x', '1'])),
      [{ kind: 'changed' }],
      'a name twice',
    );
  }
  t.end();
});

t.test('of Microsoft’s authentication strengths only the choice counts', (t) => {
  const policy = (id: string, more: JsonObject) =>
    plainPolicy('conditionalAccessPolicies', {
      grantControls: { operator: 'OR', authenticationStrength: { id, displayName: 'Multifactor', ...more } },
    });
  const [MFA, RESISTANT] = ['00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000004'];
  const earlier = { policyType: 'builtIn', description: 'Old words', allowedCombinations: ['fido2'] };
  const later = { policyType: 'builtIn', displayName: 'MFA', allowedCombinations: ['fido2', 'x509'] };
  t.same(between(policy(MFA, earlier), policy(MFA, later)), []);
  const other = { policyType: 'builtIn', displayName: 'Phishing-resistant' };
  t.match(between(policy(MFA, earlier), policy(RESISTANT, other)), [
    {
      settingsChanged: [
        {
          path: 'grantControls/authenticationStrength/id',
          before: [`"Multifactor (${MFA})"`],
          after: [`"Phishing-resistant (${RESISTANT})"`],
        },
      ],
    },
  ]);
  const own = { policyType: 'custom', allowedCombinations: ['fido2'] };
  t.match(
    between(policy(MFA, own), policy(MFA, { ...own, allowedCombinations: ['password,sms'] })),
    [{ settingsChanged: [{ path: 'grantControls/authenticationStrength/allowedCombinations' }] }],
    'a strength of the tenant is its own',
  );
  t.end();
});

t.test('the content of an app that was replaced under the same name is told', (t) => {
  const app = (fields: JsonObject) =>
    plainPolicy('mobileApps', {
      '@odata.type': '#microsoft.graph.win32LobApp',
      fileName: 'setup.intunewin',
      ...fields,
    });
  t.match(
    between(app({ committedContentVersion: '1', size: 10 }), app({ committedContentVersion: '2', size: 11 })),
    [{ settingsChanged: [{ path: 'committedContentVersion', before: ['"1"'], after: ['"2"'] }] }],
  );
  t.same(
    between(app({ publishingState: 'processing', size: 0 }), app({ publishingState: 'published', size: 11 })),
    [],
  );
  t.end();
});
