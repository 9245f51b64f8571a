import type { NamedReference } from '../../graph/policies/reference-names.js';
import type { DirectoryNames } from '../../policies/directory-names.js';
import { referenceKey } from '../../policies/references.js';
import { type ReferenceResolution, yetToBeCreated } from './reference-resolution.js';

/**
 * Names of groups and filters for showing what a restore changes: those of the tenant's cache, else the names that the
 * captured policy's own objects had.
 */
export function namesOfReferences(
  references: readonly NamedReference[],
  resolutions: readonly ReferenceResolution[],
  cached: DirectoryNames,
): DirectoryNames {
  const names = new Map<string, string>();
  for (const [index, { kind, id, name }] of references.entries()) {
    const { resolution, becomes } = resolutions[index] ?? { resolution: 'missing', becomes: null };
    const ids = resolution === 'restored_before' ? [id, becomes ?? yetToBeCreated(id)] : [id];
    if (name !== null) for (const known of ids) names.set(referenceKey({ kind, id: known }), name);
  }
  return {
    group: (id) => cached.group(id) ?? names.get(referenceKey({ kind: 'group', id })),
    filter: (id) => cached.filter(id) ?? names.get(referenceKey({ kind: 'assignment_filter', id })),
  };
}
