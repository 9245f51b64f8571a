import { signInWarning } from '../writing/in-force-at-once.js';
import { child, ownAddress, type PolicyType, policyType } from './policy-type.js';
import { RANK } from './policy-writing.js';
import { SET_MEMBERS } from './set-members.js';

const USERS = 'conditions/users';
/** Lists of groups in the assignment of a role, which Graph answers only at the assignment's own address. */
const ROLE_GROUPS = ['members', 'scopeMembers', 'resourceScopes'];
const ROLE_TAGS = 'roleScopeTags';
const isMicrosoftsRole = ({
  isBuiltIn,
  isBuiltInRoleDefinition,
}: {
  readonly [field: string]: unknown;
}): boolean => isBuiltIn === true || isBuiltInRoleDefinition === true;

/** Objects that other policies refer to, roles, and conditional access. */
export const TENANT_TYPES: readonly PolicyType[] = [
  policyType({
    name: 'assignmentFilters',
    label: 'Assignment filters',
    permission: 'DeviceManagementConfiguration.Read.All',
    assignments: 'none',
    serviceFields: ['payloads'],
    writing: {
      rank: RANK.filters,
      fixed: ['platform', 'assignmentFilterManagementType'],
      uniqueNames: true,
    },
  }),
  policyType({
    name: 'roleScopeTags',
    label: 'Scope tags',
    permission: 'DeviceManagementRBAC.Read.All',
    leftOut: { what: 'the tag that every tenant has', is: ({ isBuiltIn }) => isBuiltIn === true },
    writing: {
      rank: RANK.scopeTags,
      computed: ['isBuiltIn', 'permissions'],
      uniqueNames: true,
      idsReused: true,
    },
  }),
  policyType({
    name: 'roleDefinitions',
    label: 'Roles',
    permission: 'DeviceManagementRBAC.Read.All',
    assignments: 'none',
    children: [
      child('roleAssignments', {
        rows: {
          path: 'deviceManagement/roleAssignments',
          query: `$expand=microsoft.graph.deviceAndAppManagementRoleAssignment/${ROLE_TAGS}`,
          fields: [...ROLE_GROUPS, ROLE_TAGS],
          expanded: [ROLE_TAGS],
        },
      }),
    ],
    madeByMicrosoft: {
      what: 'Microsoft’s own roles',
      is: isMicrosoftsRole,
      fields: 'all',
      readSinceRules: 5,
    },
    serviceFields: [
      'roleAssignments/id',
      ...['displayName', 'description', 'isBuiltIn', 'permissions'].map((field) => `${ROLE_TAGS}/${field}`),
    ],
    refersTo: [
      ...ROLE_GROUPS.map((field) => ({ kind: 'group', at: `roleAssignments/*/${field}/*` }) as const),
      { kind: 'scope_tag', at: `roleAssignments/*/${ROLE_TAGS}/*/id` },
    ],
    writing: {
      rank: RANK.roles,
      typed: true,
      // They are objects of their own, which Graph doesn't take as a part of the role.
      readOnly: ['roleAssignments'],
      computed: ['isBuiltIn', 'isBuiltInRoleDefinition'],
      provided: {
        what: 'Microsoft’s own roles, with their assignments',
        is: isMicrosoftsRole,
        takes: 'nothing',
      },
      uniqueNames: true,
    },
  }),
  policyType({
    name: 'notificationMessageTemplates',
    label: 'Notification templates',
    permission: 'DeviceManagementServiceConfig.Read.All',
    assignments: 'none',
    children: [child('localizedNotificationMessages')],
    serviceFields: ['localizedNotificationMessages/id'],
    writing: {
      rank: RANK.notifications,
      fixed: ['defaultLocale'],
      parts: [
        { name: 'localizedNotificationMessages', inCreate: false, by: { kind: 'rows', key: 'locale' } },
      ],
    },
  }),
  policyType({
    name: 'policySets',
    label: 'Policy sets',
    permission: 'DeviceManagementConfiguration.Read.All',
    path: 'deviceAppManagement/policySets',
    assignments: 'own_address',
    ownAddress: ownAddress(['items', 'assignments'], { query: '$expand=items,assignments' }),
    serviceFields: ['status', 'errorCode', 'items/id', 'items/status', 'items/errorCode'],
    refersTo: SET_MEMBERS,
    writing: {
      rank: RANK.sets,
      parts: [
        {
          name: 'items',
          inCreate: true,
          by: {
            kind: 'delta',
            action: 'update',
            added: 'addedPolicySetItems',
            deleted: 'deletedPolicySetItems',
          },
        },
      ],
      assign: { kind: 'action', action: 'update', list: 'assignments', exclusions: true },
    },
  }),
  policyType({
    name: 'conditionalAccessPolicies',
    label: 'Conditional access',
    permission: 'Policy.Read.All',
    path: 'identity/conditionalAccess/policies',
    assignments: 'none',
    licence: 'Microsoft Entra ID P1',
    refersTo: [
      { kind: 'group', at: `${USERS}/includeGroups/*` },
      { kind: 'group', at: `${USERS}/excludeGroups/*` },
      { kind: 'user', at: `${USERS}/includeUsers/*` },
      { kind: 'user', at: `${USERS}/excludeUsers/*` },
      { kind: 'directory_role', at: `${USERS}/includeRoles/*` },
      { kind: 'directory_role', at: `${USERS}/excludeRoles/*` },
      { kind: 'application', at: 'conditions/applications/includeApplications/*' },
      { kind: 'application', at: 'conditions/applications/excludeApplications/*' },
      { kind: 'service_principal', at: 'conditions/clientApplications/includeServicePrincipals/*' },
      { kind: 'service_principal', at: 'conditions/clientApplications/excludeServicePrincipals/*' },
      { kind: 'named_location', at: 'conditions/locations/includeLocations/*' },
      { kind: 'named_location', at: 'conditions/locations/excludeLocations/*' },
      { kind: 'authentication_strength', at: 'grantControls/authenticationStrength/id' },
      { kind: 'terms_of_use', at: 'grantControls/termsOfUse/*' },
    ],
    writing: {
      computed: ['templateId'],
      sentAsId: ['grantControls/authenticationStrength'],
      warning: signInWarning,
    },
  }),
];
