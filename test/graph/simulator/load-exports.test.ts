import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import { loadExports } from '../../../src/graph/simulator/load-exports.js';

const CATALOG = 'deviceManagement/configurationPolicies';
const TYPE = '#microsoft.graph.deviceManagementConfigurationPolicy';

async function exportsFolder(
  t: { testdir(): string },
  files: Readonly<Record<string, string | Buffer>>,
): Promise<string> {
  const root = t.testdir();
  for (const [name, content] of Object.entries(files)) {
    const file = join(root, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return root;
}

function policyText(name: string, more: GraphObject = {}): string {
  return JSON.stringify({ '@odata.type': TYPE, id: `id-${name}`, name, settings: [], ...more }, null, 2);
}

t.test('reads every encoding that exporters write', async (t) => {
  const text = policyText('Größe').replaceAll('\n', '\r\n');
  const little = Buffer.from(text.replace('id-Größe', 'e'), 'utf16le');
  const mark = Buffer.from([0xff, 0xfe]);
  const files = {
    'a-utf8.json': text.replace('id-Größe', 'a'),
    'b-utf8-bom.json': `\ufeff${text.replace('id-Größe', 'b')}`,
    'c-utf16le-bom.json': Buffer.concat([mark, Buffer.from(text.replace('id-Größe', 'c'), 'utf16le')]),
    'd-utf16be-bom.json': Buffer.concat([
      mark,
      Buffer.from(text.replace('id-Größe', 'd'), 'utf16le'),
    ]).swap16(),
    'e-utf16le.json': little,
    'f-utf16be.json': Buffer.from(text.replace('id-Größe', 'f'), 'utf16le').swap16(),
  };
  const { content, problems } = await loadExports(await exportsFolder(t, files));
  t.same(problems, []);
  const names = content.get(CATALOG)?.map((policy) => policy.name);
  t.same(
    names,
    Array.from({ length: 6 }, () => 'Größe'),
  );
});

t.test('unusable files are reported, and the others are loaded', async (t) => {
  const root = await exportsFolder(t, {
    'SettingsCatalog/good.json': policyText('Good'),
    'damaged.json': policyText('Cut').slice(0, 40),
    'empty.json': '',
    'blank.json': ' \r\n',
    'binary.json': Buffer.from([0x80, 0x81, 0xfe, 0x00, 0x12]),
    'number.json': '12',
    'list.json': JSON.stringify({ value: [JSON.parse(policyText('Listed')), 'nonsense', null] }),
    'foreign.json': JSON.stringify({
      '@odata.type': '#microsoft.graph.termsAndConditions',
      id: 'x',
    }),
    'typed.json': JSON.stringify({ '@odata.type': 7, id: 'y' }),
    'unknown.json': JSON.stringify({ id: 'z', name: 'Which kind?' }),
    'deep.json': `{"@odata.type":"${TYPE}","name":"Deep","a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    'notes.txt': 'not looked at',
    'evil\u001b[31m\u202e.json': '{',
  });
  await symlink(root, join(root, 'SettingsCatalog', 'loop'));
  await symlink('/etc/hostname', join(root, 'linked.json'));
  const { content, problems } = await loadExports(root);
  t.same(
    content
      .get(CATALOG)
      ?.map((policy) => policy.name)
      .sort(),
    ['Good', 'Listed'],
  );
  t.ok(problems.every((problem) => !problem.served));
  t.same(
    problems.map((problem) => problem.file).sort(),
    [
      'SettingsCatalog/loop',
      'binary.json',
      'blank.json',
      'damaged.json',
      'deep.json',
      'empty.json',
      'evil\\u{1b}[31m\\u{202e}.json',
      'foreign.json',
      'linked.json',
      'list.json',
      'list.json',
      'number.json',
      'typed.json',
      'unknown.json',
    ].sort(),
  );
});

t.test('of several objects with one id, the one that was modified first keeps the id', async (t) => {
  const id = '0f0f0f0f-0000-4000-8000-000000000001';
  const files = {
    'a-copy.json': policyText('Copy', { id, lastModifiedDateTime: '2025-05-12T13:28:22Z' }),
    'b-original.json': policyText('Original', { id, lastModifiedDateTime: '2024-12-05T19:37:03Z' }),
    'c-again.json': policyText('Original', { id, lastModifiedDateTime: '2024-12-05T19:37:03Z' }),
    'd-undated.json': policyText('Undated', { id }),
  };
  const root = await exportsFolder(t, files);
  const { content, problems } = await loadExports(root);
  const ids = new Map(content.get(CATALOG)?.map((policy) => [policy.name, policy.id]));
  t.equal(ids.size, 3);
  t.equal(ids.get('Original'), id);
  t.equal(new Set(ids.values()).size, 3);
  t.match(problems, [
    { file: 'c-again.json', served: false },
    { file: 'a-copy.json', served: true },
    { file: 'd-undated.json', served: true },
  ]);
  const again = await loadExports(root);
  t.same(again.content, content, 'derived from names, so the same in every run');
});

t.test('missing ids and names are replaced; an incomplete export is reported', async (t) => {
  const { content, problems } = await loadExports(
    await exportsFolder(t, {
      'Settings Catalog/Named by file.json': JSON.stringify({ settings: [{ id: '0' }], settingCount: 3 }),
      'Settings Catalog/two.json': JSON.stringify([{ name: 'Twin' }, { name: 'Twin', description: 'other' }]),
      'Settings Catalog/odd.json': JSON.stringify({ name: 'Odd id', id: '../../etc' }),
    }),
  );
  const policies = content.get(CATALOG) ?? [];
  t.same(policies.map((policy) => policy.name).sort(), ['Named by file', 'Odd id', 'Twin', 'Twin']);
  t.equal(new Set(policies.map((policy) => policy.id)).size, 4);
  t.ok(policies.every((policy) => /^[0-9a-f-]{36}$/.test(String(policy.id))));
  t.equal(policies.find((policy) => policy.name === 'Named by file')?.settingCount, 1);
  t.equal(problems.filter((problem) => problem.served).length, 3);
});

t.test('the kind of an object follows from its type, its context or its folder', async (t) => {
  const typed = (type: string) =>
    JSON.stringify({ '@odata.type': `#microsoft.graph.${type}`, displayName: type });
  const { content, problems } = await loadExports(
    await exportsFolder(t, {
      'UpdatePolicies/ring.json': typed('windowsUpdateForBusinessConfiguration'),
      'UpdatePolicies/feature.json': typed('windowsFeatureUpdateProfile'),
      'SettingsCatalog/misplaced.json': typed('windows10CompliancePolicy'),
      'x/page.json': typed('windows10EnrollmentCompletionPageConfiguration'),
      'x/wifi.json': typed('androidWorkProfileWiFiConfiguration'),
      'x/context.json': JSON.stringify({
        '@odata.context':
          'https://graph.microsoft.com/beta/$metadata#deviceManagement/intents(assignments())/$entity',
        displayName: 'By context',
      }),
      'Compliance Policies/folder.json': JSON.stringify({ displayName: 'By folder' }),
    }),
  );
  t.same(problems, []);
  const counts = Object.fromEntries([...content].map(([path, list]) => [path.split('/')[1], list.length]));
  t.same(counts, {
    deviceConfigurations: 2,
    windowsFeatureUpdateProfiles: 1,
    deviceCompliancePolicies: 2,
    deviceEnrollmentConfigurations: 1,
    intents: 1,
  });
});

t.test('serves what Graph would: no links, no actions, ids where an export has names', async (t) => {
  const target = (more: GraphObject): GraphObject => ({
    target: { '@odata.type': '#microsoft.graph.groupAssignmentTarget', ...more },
  });
  const { content } = await loadExports(
    await exportsFolder(t, {
      'SettingsCatalog/full.json': policyText('Full', {
        'settings@odata.navigationLink': 'https://graph.microsoft.com/x',
        '#microsoft.graph.assign': { title: 'assign' },
        'platforms@odata.type': '#x',
        assignments: [
          target({ groupId: '3b0c1f5e-0000-4000-8000-000000000001' }),
          target({ groupName: 'Pilot', deviceAndAppManagementAssignmentFilterId: 'Corporate' }),
        ],
      }),
      'Filters/corporate.json': JSON.stringify({ id: 'f1', displayName: 'Corporate' }),
    }),
  );
  const [policy] = content.get(CATALOG) ?? [];
  t.same(
    Object.keys(policy ?? {}).filter((key) => /[@#]/.test(key)),
    ['@odata.type'],
  );
  const groups = content.get('groups') ?? [];
  t.same(
    groups.map((group) => group.displayName),
    ['Group 3b0c1f5e', 'Pilot'],
  );
  t.match(policy?.assignments, [
    { target: { groupId: '3b0c1f5e-0000-4000-8000-000000000001' } },
    { target: { groupId: groups[1]?.id, deviceAndAppManagementAssignmentFilterId: 'f1' } },
  ]);
});

t.test('every kind of the catalogue is recognised by its type', async (t) => {
  const kinds = {
    win32LobApp: 'deviceAppManagement/mobileApps',
    winGetApp: 'deviceAppManagement/mobileApps',
    iosMobileAppConfiguration: 'deviceAppManagement/mobileAppConfigurations',
    androidManagedStoreAppConfiguration: 'deviceAppManagement/mobileAppConfigurations',
    iosManagedAppProtection: 'deviceAppManagement/managedAppPolicies',
    mdmWindowsInformationProtectionPolicy: 'deviceAppManagement/managedAppPolicies',
    targetedManagedAppConfiguration: 'deviceAppManagement/targetedManagedAppConfigurations',
    policySet: 'deviceAppManagement/policySets',
    deviceComplianceScript: 'deviceManagement/deviceComplianceScripts',
    deviceCustomAttributeShellScript: 'deviceManagement/deviceCustomAttributeShellScripts',
    deviceManagementReusablePolicySetting: 'deviceManagement/reusablePolicySettings',
    notificationMessageTemplate: 'deviceManagement/notificationMessageTemplates',
    deviceAndAppManagementRoleDefinition: 'deviceManagement/roleDefinitions',
    conditionalAccessPolicy: 'identity/conditionalAccess/policies',
  };
  const files = Object.keys(kinds).map((type) => [
    `${type}.json`,
    JSON.stringify({ '@odata.type': `#microsoft.graph.${type}`, id: type, displayName: type }),
  ]);
  const { content, problems } = await loadExports(await exportsFolder(t, Object.fromEntries(files)));
  t.same(problems, []);
  for (const [type, path] of Object.entries(kinds))
    t.ok(
      content.get(path)?.some(({ id }) => id === type),
      type,
    );
});
