import { PLATFORM_ROLES, type Role, TENANT_ROLES } from './roles.js';

/** What each role may do (T3, T5). Routes declare the capability that they need; nothing else decides about access. */
export const CAPABILITIES = [
  'hub.read',
  'run.read',
  'history.read',
  'failures.read',
  'features.read',
  'audit.read',
  'runs.start',
  'runs.report',
  'restores.start_live',
  'restores.from_other_tenant',
  'findings.review',
  'exports.download',
  'backups.manage',
  'own.manage',
  'members.manage',
  'tokens.manage',
  'connections.manage',
] as const;
export type Capability = (typeof CAPABILITIES)[number];

/**
 * The capabilities that an API token can have. None of them concerns a person's own data, members, connections, other
 * tokens or other tenants.
 */
export const TOKEN_CAPABILITIES = [
  'hub.read',
  'run.read',
  'history.read',
  'failures.read',
  'features.read',
  'audit.read',
  'runs.start',
  'runs.report',
  'restores.start_live',
  'findings.review',
  'exports.download',
  'backups.manage',
] as const satisfies readonly Capability[];

export const CAPABILITY_MEANINGS: Readonly<Record<Capability, string>> = {
  'hub.read': 'See the list of operations',
  'run.read': 'See a run and its items; those who can’t see the list, only runs with failures',
  'history.read': 'Read the event history of runs',
  'failures.read': 'Read the sanitized failure stream',
  'features.read': 'See the feature pages: inventory, drift, members',
  'audit.read': 'Read audit entries',
  'runs.start': 'Start operations, live restores excepted',
  'runs.report': 'Carry out runs of producers outside: claim, report, end',
  'restores.start_live': 'Start live restores',
  'restores.from_other_tenant':
    'Restore backup sets of one tenant to another; a person needs it in both of them',
  'findings.review': 'Acknowledge and reopen findings',
  'exports.download': 'Download exports of policies',
  'backups.manage': 'Make, rename and expire backup sets; edit schedules and group mappings',
  'own.manage': 'Manage own notifications and settings',
  'members.manage': 'Manage members, grants, retention and holds',
  'tokens.manage': 'Create and revoke API tokens',
  'connections.manage': 'Connect the tenant to Microsoft Graph',
};

const READING: readonly Capability[] = [
  'hub.read',
  'run.read',
  'history.read',
  'failures.read',
  'features.read',
  'audit.read',
  'own.manage',
];
const OPERATING: readonly Capability[] = [
  ...READING,
  'runs.start',
  'runs.report',
  'findings.review',
  'exports.download',
  'backups.manage',
];
const MANAGING: readonly Capability[] = [...OPERATING, 'restores.start_live'];

const BY_ROLE: Readonly<Record<Role, ReadonlySet<Capability>>> = {
  readonly: new Set(READING),
  operator: new Set(OPERATING),
  manager: new Set(MANAGING),
  owner: new Set([
    ...MANAGING,
    'restores.from_other_tenant',
    'members.manage',
    'tokens.manage',
    'connections.manage',
  ]),
  auditor: new Set(['hub.read', 'run.read', 'history.read', 'failures.read', 'audit.read']),
  support: new Set(['failures.read', 'run.read']),
};

/** Whether any of a person's roles in a tenant has the capability. */
export function allows(roles: readonly Role[], capability: Capability): boolean {
  return roles.some((role) => BY_ROLE[role].has(capability));
}

/** The roles that have a capability, most powerful first. */
function rolesWith(capability: Capability): readonly Role[] {
  return [...TENANT_ROLES, ...PLATFORM_ROLES].filter((role) => BY_ROLE[role].has(capability));
}

const DOINGS: Partial<Record<Capability, string>> = {
  'runs.start': 'start this',
  'restores.start_live': 'start this',
  'restores.from_other_tenant': 'restore from or to another tenant',
  'findings.review': 'do this',
  'exports.download': 'download this',
  'backups.manage': 'do this',
  'members.manage': 'change this',
  'tokens.manage': 'change this',
  'connections.manage': 'change this',
};

/** A sentence that says why a control is disabled for these roles, or null when it is enabled. */
export function deniedReason(roles: readonly Role[], capability: Capability): string | null {
  if (allows(roles, capability)) return null;
  const weakest = rolesWith(capability).at(-1) ?? 'owner';
  const who = weakest === 'readonly' ? 'readonly member' : weakest;
  const article = /^[aeiou]/.test(who) ? 'an' : 'a';
  const role = roles.length === 0 ? 'none' : roles.join(' and ');
  return `Your role here is ${role}; ${article} ${who} can ${DOINGS[capability] ?? 'see this'}.`;
}

/** Whether a text names a capability; used to check what an API token may do. */
export const isCapability = (text: string): text is Capability =>
  (CAPABILITIES as readonly string[]).includes(text);
