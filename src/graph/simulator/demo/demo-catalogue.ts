import type { GraphObject } from '../graph-value.js';
import {
  APPS,
  type DemoEntity,
  ENROLLMENT,
  OTHER_SETTINGS,
  SCRIPTS,
  TENANT_WIDE,
  UPDATES,
} from './demo-other-types.js';
import type { DemoContext } from './demo-tenant.js';

const CERTIFICATE = 'Trusted root of the company';

/**
 * Generated policies of the remaining types, besides the settings catalog and the classic policies, by collection.
 */
export function demoCatalogue(context: DemoContext): readonly (readonly [string, readonly GraphObject[]])[] {
  const all = [...OTHER_SETTINGS, ...UPDATES, ...SCRIPTS, ...ENROLLMENT, ...APPS, ...TENANT_WIDE];
  return all.map(([path, entities]) => [path, entities.map((entity) => entityOf(context, path, entity))]);
}

/** Device configurations with content at further addresses: a link to a certificate profile, that profile, and access of apps. */
export function demoLinkedProfiles(context: DemoContext): readonly GraphObject[] {
  const root = entityOf(context, 'configurations', {
    name: CERTIFICATE,
    groups: [0],
    fields: {
      '@odata.type': '#microsoft.graph.windows81TrustedRootCertificate',
      certFileName: 'root.cer',
      destinationStore: 'computerCertStoreRoot',
      trustedRootCertificate: Buffer.from('demo root certificate').toString('base64'),
    },
  });
  const wifi = entityOf(context, 'configurations', {
    name: 'Windows - Wi-Fi - Office',
    groups: [0],
    fields: {
      '@odata.type': '#microsoft.graph.windowsWifiEnterpriseEAPConfiguration',
      ssid: 'Office',
      networkName: 'Office',
      connectAutomatically: true,
      eapType: 'eapTls',
      wifiSecurityType: 'wpa2Enterprise',
      rootCertificatesForServerValidation: [{ id: root.id ?? null }],
    },
  });
  const restrictions = entityOf(context, 'configurations', {
    name: 'Windows - Device restrictions',
    groups: [0],
    fields: {
      '@odata.type': '#microsoft.graph.windows10GeneralConfiguration',
      passwordRequired: true,
      privacyAccessControls: [
        { id: context.id('camera'), accessLevel: 'forceDeny', dataCategory: 'camera', appDisplayName: null },
      ],
    },
  });
  return [root, wifi, restrictions];
}

/** The entity in Graph's form; references by name become ids. */
function entityOf(
  context: DemoContext,
  path: string,
  { name, groups, members, needs, contains, fields, nameless }: DemoEntity,
): GraphObject {
  const id = context.id(`${path} ${name}`);
  return {
    id,
    displayName: nameless ? '' : name,
    description: '',
    createdDateTime: context.time(0),
    lastModifiedDateTime: context.time(0),
    ...(groups && { roleScopeTagIds: ['0'], assignments: context.assignments(id, groups) }),
    ...(members && { roleAssignments: [roleAssignment(context, name, members)] }),
    ...(needs && { dependentAppCount: 1, relationships: [dependency(context, needs)] }),
    ...(contains && { items: contains.map((app) => setItem(context, name, app)) }),
    ...fields,
  };
}

/** Where apps are stored; their ids are derived from it. */
const APPS_PATH = 'deviceAppManagement/mobileApps';

function setItem({ id }: DemoContext, set: string, app: string): GraphObject {
  return {
    '@odata.type': '#microsoft.graph.mobileAppPolicySetItem',
    id: id(`${app} in ${set}`),
    payloadId: id(`${APPS_PATH} ${app}`),
    itemType: '#microsoft.graph.mobileApp',
    displayName: app,
    intent: 'required',
    status: 'notValidated',
    errorCode: 'noError',
    guidedDeploymentTags: [],
  };
}

function dependency({ id }: DemoContext, needed: string): GraphObject {
  return {
    '@odata.type': '#microsoft.graph.mobileAppDependency',
    id: id(`dependency on ${needed}`),
    targetId: id(`${APPS_PATH} ${needed}`),
    targetDisplayName: needed,
    targetType: 'child',
    dependencyType: 'autoInstall',
  };
}

function roleAssignment({ id }: DemoContext, role: string, members: readonly number[]): GraphObject {
  return {
    id: id(`assignment of ${role}`),
    displayName: `${role} of all offices`,
    description: '',
    scopeType: 'allDevicesAndLicensedUsers',
    members: members.map((group) => id(`group ${group}`)),
    scopeMembers: [],
    resourceScopes: [],
    roleScopeTags: [{ id: '0', displayName: 'Default', isBuiltIn: true }],
  };
}
