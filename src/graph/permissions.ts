/** An application permission of Microsoft Graph, such as `DeviceManagementConfiguration.Read.All`. */
export type GraphPermission = string;

/**
 * Whether a token with these permissions has one permission, itself or included in the permission to write
 * (https://learn.microsoft.com/graph/permissions-overview#permissions-naming-pattern).
 */
export function isGranted(roles: readonly string[], permission: GraphPermission): boolean {
  return roles.includes(permission) || roles.includes(permission.replace('.Read.', '.ReadWrite.'));
}
