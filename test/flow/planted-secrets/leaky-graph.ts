import { systemChance, systemClock } from '../../../src/clock.js';
import type { FaultOptions } from '../../../src/graph/simulator/faults.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import {
  type GraphSimulator,
  startGraphSimulator,
} from '../../../src/graph/simulator/start-graph-simulator.js';
import type { GraphContent } from '../../../src/graph/simulator/tenant-state.js';
import type { PlantedSecrets } from './planted-secrets.js';

/** A simulated Graph that puts secrets into all its answers. */
export interface LeakyGraph {
  readonly simulator: GraphSimulator;
  /** Resolves when the request that gets no answer has arrived; its worker then hangs in the middle of its run. */
  readonly held: Promise<void>;
}

/** Longer than every wait in the test. The answer is dropped when the simulator stops. */
const HELD_MS = 86_400_000;

export async function startLeakyGraph(plant: PlantedSecrets): Promise<LeakyGraph> {
  let arrived: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const simulator = await startGraphSimulator({
    source: {
      tenant: (key) => ({ kind: 'generations', at: (generation) => leakyContent(plant, key, generation) }),
    },
    faults: leakyFaults(plant),
    clock: {
      ...systemClock,
      sleep(ms, signal) {
        if (ms !== HELD_MS) return systemClock.sleep(ms, signal);
        arrived();
        return new Promise(() => undefined);
      },
    },
    // Request ids are in the headers of every answer and in the body of every error.
    chance: { ...systemChance, uuid: () => plant.text('request id').replace(/[^\x20-\x7e]+/g, ' ') },
  });
  return { simulator, held };
}

/** Contoso gets errors of every kind, Northwind only refusals, and one request of Fabrikam hangs. */
function leakyFaults(plant: PlantedSecrets): FaultOptions[] {
  const contoso = (path: string) => ({ tenant: 'contoso', path });
  const status = (code: number, where: string): Omit<Extract<FaultOptions, { kind: 'status' }>, 'path'> => ({
    kind: 'status',
    status: code,
    message: `${plant.text(`${where} message`)} ${plant.text(`${where} message, second`)}`,
    code: plant.token(`${where} code`),
    headers: {
      'request-id': headerText(plant.text(`${where} request-id header`)),
      'www-authenticate': headerText(plant.text(`${where} www-authenticate header`)),
      'set-cookie': `session=${plant.word(`${where} set-cookie header`)}; Path=/`,
      'x-ms-ags-diagnostic': headerText(plant.text(`${where} diagnostic header`)),
    },
  });
  return [
    { ...contoso('^deviceManagement/deviceCustomAttributeShellScripts'), ...status(403, 'forbidden') },
    // The listing is requested again without assignments and refused once more.
    { ...contoso('^deviceManagement/intents'), ...status(400, 'bad request'), count: 2 },
    {
      ...contoso('^deviceManagement/deviceHealthScripts'),
      kind: 'redirect',
      location: `https://login.example/?next=${encodeURIComponent(plant.text('redirect'))}`,
    },
    {
      ...contoso('^deviceManagement/windowsDriverUpdateProfiles(?:\\?|$)'),
      kind: 'next_link',
      link: `https://graph.example/next?$skiptoken=${encodeURIComponent(plant.text('nextLink'))}`,
    },
    // A temporary fault, after which the request is repeated.
    {
      ...contoso('^deviceManagement/windowsFeatureUpdateProfiles'),
      ...status(503, 'unavailable'),
      retryAfter: plant.text('Retry-After').split('\n')[0] ?? '',
    },
    { ...contoso('^deviceManagement/compliancePolicies'), ...status(429, 'throttled'), retryAfter: '2' },
    {
      ...contoso('^deviceManagement/windowsQualityUpdateProfiles'),
      kind: 'html',
      body: `<html><title>${plant.text('HTML title')}</title><pre>${plant.text('HTML body')}</pre></html>`,
    },
    {
      ...contoso('^deviceManagement/groupPolicyConfigurations'),
      kind: 'html',
      status: 502,
      body: `<html><!-- ${plant.text('HTML comment')} --><p>${plant.text('HTML of a gateway')}</p></html>`,
    },
    { ...contoso('^deviceManagement/configurationPolicies(?:\\?|$)'), kind: 'malformed_json' },
    { ...contoso('^deviceManagement/deviceConfigurations(?:\\?|$)'), kind: 'cut', midBody: true },
    // One policy of a type that is read in another way.
    { ...contoso(`^deviceManagement/deviceManagementScripts/${policyId(9)}`), ...status(404, 'policy') },
    { tenant: 'northwind', count: 1_000_000, ...status(401, 'unauthenticated') },
    {
      tenant: 'fabrikam',
      path: '^deviceManagement/deviceManagementScripts(?:\\?|$)',
      kind: 'latency',
      latencyMs: HELD_MS,
    },
  ];
}

/** Northwind's faults, which never end. */
export const LASTING_FAULTS = 1;

/** Headers can't contain line ends. */
const headerText = (text: string): string => text.replace(/[^\x20-\x7e]+/g, ' ');

const policyId = (n: number): string => `0f0f0f0f-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** A tenant's policies. Each generation has other secrets in the same places, so that drift shows all of them. */
function leakyContent(plant: PlantedSecrets, tenant: string, generation: number): GraphContent {
  const where = (what: string) => `${tenant}, generation ${generation}, ${what}`;
  const common = (n: number, nameField: 'name' | 'displayName'): GraphObject => ({
    id: policyId(n),
    [nameField]: `Policy ${n} ${plant.text(where('policy name'))}`,
    description: plant.text(where('description')),
    lastModifiedDateTime: plant.text(where('time')),
    roleScopeTagIds: ['0'],
    assignments: [
      {
        id: `${policyId(n)}_${generation}`,
        target: {
          '@odata.type': '#microsoft.graph.groupAssignmentTarget',
          groupId: policyId(100 + generation),
          groupDisplayName: plant.text(where('group name in an assignment')),
          deviceAndAppManagementAssignmentFilterId: plant.token(where('filter id')),
        },
      },
    ],
  });
  const definition = 'device_vendor_msft_wlan_profile';
  const catalog: GraphObject = {
    ...common(1, 'name'),
    platforms: 'windows10',
    technologies: 'mdm',
    settingCount: 5,
    settings: [
      simpleSetting(
        '0',
        `${definition}_presharedkey`,
        'String',
        plant.word(where('secret by definition id')),
      ),
      simpleSetting('1', `${definition}_value`, 'Secret', plant.word(where('secret setting'))),
      simpleSetting('2', `${definition}_comment`, 'String', plant.text(where('setting value'))),
      simpleSetting('4', `${definition}_${plant.token(where('definition id'))}`, 'String', 'on'),
      {
        id: '3',
        settingInstance: {
          '@odata.type': '#microsoft.graph.deviceManagementConfigurationGroupSettingCollectionInstance',
          settingDefinitionId: `${definition}_networks`,
          groupSettingCollectionValue: [
            {
              children: [
                simpleSetting(
                  '0',
                  `${definition}_password`,
                  'String',
                  plant.word(where('secret in a group')),
                ),
              ].map(({ settingInstance }) => settingInstance ?? null),
            },
          ],
        },
      },
    ],
  };
  const custom: GraphObject = {
    '@odata.type': '#microsoft.graph.windows10CustomConfiguration',
    ...common(2, 'displayName'),
    preSharedKey: plant.word(where('preSharedKey')),
    proxyManualAddress: plant.text(where('a field')),
    omaSettings: [
      {
        '@odata.type': '#microsoft.graph.omaSettingString',
        displayName: 'Wi-Fi',
        omaUri: './Vendor/MSFT/WiFi/Profile/Guest/WlanXml',
        isEncrypted: true,
        secretReferenceValueId: policyId(50),
        value: plant.word(where('encrypted OMA setting')),
      },
      {
        '@odata.type': '#microsoft.graph.omaSettingStringXml',
        displayName: 'XML',
        omaUri: './Vendor/MSFT/X',
        fileName: 'x.xml',
        value: Buffer.from(`<key>${plant.word(where('OMA XML'))}</key>`).toString('base64'),
      },
    ],
  };
  const script = (n: number): GraphObject => ({
    ...common(n, 'displayName'),
    fileName: 'join.ps1',
    scriptContent: Buffer.from(`$p = '${plant.word(where('script'))}' # ${generation}`).toString('base64'),
  });
  const compliance: GraphObject = {
    '@odata.type': '#microsoft.graph.windows10CompliancePolicy',
    ...common(4, 'displayName'),
    validOperatingSystemBuildRanges: [{ description: plant.text(where('a nested field')) }],
    // The name differs in every generation, so the policy is reported as new and as gone.
    deviceThreatProtectionRequiredSecurityLevel: plant.text(where('an enumeration')),
  };
  return new Map<string, readonly GraphObject[]>([
    ['deviceManagement/configurationPolicies', [catalog]],
    [
      'deviceManagement/deviceConfigurations',
      [custom, { ...custom, ...common(20 + generation, 'displayName') }],
    ],
    ['deviceManagement/deviceCompliancePolicies', [compliance]],
    ['deviceManagement/windowsDriverUpdateProfiles', [common(5, 'displayName')]],
    ['deviceManagement/deviceManagementScripts', [script(8), script(9)]],
    ['groups', [{ id: policyId(100 + generation), displayName: plant.text(where('group name')) }]],
  ]);
}

function simpleSetting(id: string, settingDefinitionId: string, kind: string, value: string): GraphObject {
  return {
    id,
    settingInstance: {
      '@odata.type': '#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance',
      settingDefinitionId,
      simpleSettingValue: {
        '@odata.type': `#microsoft.graph.deviceManagementConfiguration${kind}SettingValue`,
        value,
      },
    },
  };
}
