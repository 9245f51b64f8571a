/** An application permission of Microsoft Graph, such as `DeviceManagementConfiguration.Read.All`. */
export type GraphPermission = string;

/** Permissions to read that include another one, besides its own form for writing. */
const WIDER: Readonly<Record<GraphPermission, readonly GraphPermission[]>> = {
  'GroupMember.Read.All': ['Group.Read.All', 'Directory.Read.All'],
};

/**
 * Whether a token with these permissions has one permission, itself or included in a wider one or in the permission to
 * write (https://learn.microsoft.com/graph/permissions-overview#permissions-naming-pattern).
 */
export function isGranted(roles: readonly string[], permission: GraphPermission): boolean {
  return [permission, ...(WIDER[permission] ?? [])].some(
    (sufficient) => roles.includes(sufficient) || roles.includes(sufficient.replace('.Read.', '.ReadWrite.')),
  );
}
