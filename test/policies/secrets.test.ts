import t from 'tap';
import { policyFile } from '../../src/exports/policy-file.js';
import type { Json } from '../../src/ledger/canonical-json.js';
import { nestingDepth } from '../../src/ledger/exact-json.js';
import { type PolicyType, policyTypeNamed } from '../../src/policies/catalogue/policy-types.js';
import { NO_NAMES } from '../../src/policies/directory-names.js';
import { decodeStoredPolicy, encodeStoredPolicy } from '../../src/policies/stored-policy.js';
import { sanitizeValue } from '../../src/sanitize/index.js';
import { shownDifference, shownPolicy } from '../../src/web/view/shown-policy.js';
import { between, catalogPolicy, groups, plainPolicy, simple } from './policy-builder.js';

const BEFORE = 'hunter2-before';
const AFTER = 'hunter2-after';

t.test('a secret that changes is found and never shown', (t) => {
  const oma = (omaUri: string, value: string, more = {}) => ({ omaUri, value, ...more });
  const pairs = [
    ['by type', (v: string) => catalogPolicy([simple('wifi_key', v, 'Secret')])],
    ['by definition id', (v: string) => catalogPolicy([simple('device_autologon_defaultpassword', v)])],
    [
      'in a group',
      (v: string) => catalogPolicy([groups('nets', [[simple('psk', v)], [simple('psk', 'x')]])]),
    ],
    ['by field', (v: string) => plainPolicy('deviceConfigurations', { preSharedKey: v })],
    ['a key of a pair', (v: string) => plainPolicy('deviceConfigurations', { secondaryKey: v })],
    ['nested', (v: string) => plainPolicy('deviceConfigurations', { proxy: { password: v } })],
    ['a script', (v: string) => plainPolicy('deviceManagementScripts', { scriptContent: v })],
    [
      'by OMA URI',
      (v: string) => plainPolicy('deviceConfigurations', { omaSettings: [oma('./Wifi/Password', v)] }),
    ],
    [
      'by reference',
      (v: string) =>
        plainPolicy('deviceConfigurations', { omaSettings: [oma('./X', v, { secretReferenceValueId: v })] }),
    ],
    [
      'in a list of objects',
      (v: string) =>
        plainPolicy('deviceConfigurations', { servers: [{ host: 'a', password: v }, { host: 'b' }] }),
    ],
  ] as const;
  for (const [name, policy] of pairs) {
    const findings = between(policy(BEFORE), policy(AFTER));
    t.match(findings, [{ kind: 'changed', settingsChanged: [{ path: String }] }], name);
    t.notMatch(JSON.stringify(findings), /hunter2/, name);
    t.match(JSON.stringify(findings), /\[masked\]/, name);
    t.same(between(policy(BEFORE), policy(BEFORE)), [], name);
  }
  t.end();
});

t.test('a number is masked like a text, and a boolean is not', (t) => {
  for (const field of ['primaryKey', 'secondaryKey', 'enablePassword']) {
    const policy = (value: number | boolean) => plainPolicy('deviceConfigurations', { [field]: value });
    const masked = [{ path: field, before: ['"[masked]"'], after: ['"[masked]"'] }];
    t.match(between(policy(482913), policy(482914)), [{ settingsChanged: masked }]);
    t.match(between(policy(true), policy(false)), [
      { settingsChanged: [{ before: ['true'], after: ['false'] }] },
    ]);
  }
  t.end();
});

t.test('secrets that are swapped between entries stay hidden', (t) => {
  const server = (host: string, password: string) => ({ host, password });
  const before = plainPolicy('deviceConfigurations', { servers: [server('a', BEFORE), server('b', AFTER)] });
  const after = plainPolicy('deviceConfigurations', { servers: [server('a', AFTER), server('b', BEFORE)] });
  const findings = between(before, after);
  t.match(findings, [{ settingsChanged: [{ path: 'servers' }] }]);
  t.notMatch(JSON.stringify(findings), /hunter2/);
  t.end();
});

t.test('rules about passwords are not secrets', (t) => {
  const policy = (length: number, type: string) =>
    plainPolicy('deviceCompliancePolicies', {
      passwordMinimumLength: length,
      passwordRequiredType: type,
      passwordRequired: length > 8,
    });
  t.match(between(policy(8, 'numeric'), policy(12, 'alphanumeric')), [
    {
      settingsChanged: [
        { path: 'passwordMinimumLength', before: ['8'], after: ['12'] },
        { path: 'passwordRequired', before: ['false'], after: ['true'] },
        { path: 'passwordRequiredType', before: ['"numeric"'], after: ['"alphanumeric"'] },
      ],
    },
  ]);
  t.end();
});

t.test('a policy nested as deep as one may be is stored, compared, shown and exported', (t) => {
  const policy = (value: Json, password: string) => {
    let deep: Json = { value, password };
    for (let level = 0; level < 97; level++) deep = { [`level${level}`]: deep };
    return plainPolicy('deviceConfigurations', { deep });
  };
  const [before, after] = [policy(1, BEFORE), policy(2, AFTER)];
  const { raw, settings, assignments } = before.document;
  t.equal(nestingDepth([raw, settings, assignments, {}], 200), 100, 'as deep as is read');
  const type = policyTypeNamed('deviceConfigurations') as PolicyType;
  t.same(decodeStoredPolicy(encodeStoredPolicy(type, before.document)).raw, raw);
  t.match(between(before, after), [{ kind: 'changed', settingsChanged: { length: 2 } }]);
  t.same(between(before, before), []);
  for (const shown of [
    between(before, after),
    shownPolicy(type, after.document, NO_NAMES),
    shownDifference(type, [before.document, after.document], NO_NAMES),
  ]) {
    t.match(JSON.stringify(shown), /level0.*value/);
    t.notMatch(JSON.stringify(shown), /hunter2/);
  }
  t.match(policyFile(type, before.document, { assignments: true }).toString(), /level0/);
  t.end();
});

t.test('what the sanitizer hides by the name beside it is masked too', (t) => {
  const names = [
    'name',
    'key',
    'displayName',
    'appConfigKey',
    'settingName',
    'header',
    'field',
    'label',
    'property',
  ];
  const values = [
    'value',
    'values',
    'stringValue',
    'appConfigKeyValue',
    'settingValue',
    'data',
    'text',
    'content',
  ];
  for (const nameField of names)
    for (const valueField of values) {
      const shown = (name: string) => {
        const policy = (value: string) =>
          plainPolicy('deviceConfigurations', { rows: [{ [nameField]: name, [valueField]: value }] });
        return JSON.stringify(between(policy('Planted-x1'), policy('Planted-x2')));
      };
      const hidden = JSON.stringify(
        sanitizeValue({ [nameField]: 'adminPassword', [valueField]: 'Planted-x1' }),
      );
      t.notMatch(hidden, 'Planted', `the sanitizer, ${nameField} and ${valueField}`);
      t.notMatch(shown('adminPassword'), 'Planted', `${nameField} and ${valueField}`);
      t.match(shown('site'), 'Planted', `${nameField} and ${valueField} without a secret`);
    }
  t.end();
});
