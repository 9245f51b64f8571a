import { newGroup } from '../complete-directory.js';
import type { GraphObject } from '../graph-value.js';
import { DEMO_GROUPS } from './demo-definitions.js';
import type { DemoContext } from './demo-tenant.js';

const LONG_NAME_LENGTH = 256;
const DYNAMIC: GraphObject = {
  groupTypes: ['DynamicMembership'],
  membershipRule: '(device.deviceOSType -eq "Windows")',
};
const ON_PREMISES: GraphObject = { onPremisesSyncEnabled: true };
const MICROSOFT_365: GraphObject = { groupTypes: ['Unified'], mailEnabled: true };

/** Special fields of some of the groups that policies are assigned to, by the groups' names. */
const SPECIAL: Readonly<Record<string, GraphObject>> = {
  'Devices - All Windows': DYNAMIC,
  'Users - Finance': ON_PREMISES,
  'Users - All employees': MICROSOFT_365,
};

/**
 * Groups with names that are hard to distinguish: equal names, another case, a space at the end, other Unicode forms.
 */
const ALIKE: readonly (readonly [name: string, more: GraphObject])[] = [
  ['Sales', { description: 'Everybody who sells' }],
  ['Sales', { description: 'Devices of the shops' }],
  ['sales', ON_PREMISES],
  ['Sales ', {}],
  ['Kiosk', {}],
  ['KIOSK', DYNAMIC],
  ['B\u00FCro', {}],
  ['Bu\u0308ro', {}],
  ['R&D\u2019s devices', {}],
  ['Newsletter', { groupTypes: [], mailEnabled: true, securityEnabled: false }],
];

/** The groups of a generated tenant. Each generation adds a group and renames one. */
export function demoGroups(context: DemoContext, generation: number): readonly GraphObject[] {
  const group = (what: string, name: string, more: GraphObject = {}): GraphObject => ({
    ...newGroup(context.id(what), name),
    createdDateTime: context.time(0),
    ...more,
  });
  return [
    ...DEMO_GROUPS.map((name, index) => group(`group ${index}`, name, SPECIAL[name])),
    ...ALIKE.map(([name, more], index) => group(`alike ${index}`, name, more)),
    group('long name', 'Project - devices of the merged companies - '.padEnd(LONG_NAME_LENGTH, 'x')),
    group('renamed', generation === 0 ? 'Migration' : `Migration, wave ${generation}`),
    ...Array.from({ length: generation }, (_, index) => group(`project ${index}`, `Project ${index + 1}`)),
  ];
}
