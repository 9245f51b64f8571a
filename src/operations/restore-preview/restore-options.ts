import { z } from 'zod';
import type { TenantPair } from '../../entities/mapping/read-mapping.js';

/** Most policies that a start may name one by one; to restore more, a start takes the whole set. */
const CHOSEN_MAX = 500;

const policyKey = z.string().regex(/^[0-9a-f]{32}$/, 'is not the key of a policy');

/**
 * What a restore of a backup set covers, and how it treats what is there:
 * - `update` changes the policy that is there, and creates it when there is none;
 * - `copy` creates a second policy under a name of its own;
 * - `missing` creates what isn't there and changes nothing.
 */
export const restoreOptionsSchema = z.strictObject({
  setId: z.guid().toLowerCase(),
  /** Keys of the chosen policies, sorted; null for all of the set. */
  policies: z
    .array(policyKey)
    .min(1)
    .max(CHOSEN_MAX)
    .transform((keys) => [...new Set(keys)].sort())
    .nullable()
    .default(null),
  mode: z.enum(['update', 'copy', 'missing']).default('update'),
  includeAssignments: z.boolean().default(true),
  includeScopeTags: z.boolean().default(true),
  /** The tenant whose backup set it is; null for the tenant that is restored to. */
  sourceTenantId: z.guid().toLowerCase().nullable().default(null),
});
export type RestoreOptions = Readonly<z.output<typeof restoreOptionsSchema>>;

/** What a preview runs with: the options, and the revision of the kept map that it uses; -1 for none. */
export const previewContextSchema = restoreOptionsSchema.extend({
  mappingRevision: z.int().min(-1).default(-1),
});
export type PreviewContext = Readonly<z.output<typeof previewContextSchema>>;

/** The tenants that a restore goes from and to. */
export function tenantPairOf(
  { sourceTenantId }: Pick<RestoreOptions, 'sourceTenantId'>,
  targetTenantId: string,
): TenantPair {
  return { sourceTenantId: sourceTenantId ?? targetTenantId, targetTenantId };
}

/** The options with `sourceTenantId` left out where it names the tenant that is restored to. */
export function withoutOwnTenant(options: RestoreOptions, targetTenantId: string): RestoreOptions {
  return options.sourceTenantId === targetTenantId ? { ...options, sourceTenantId: null } : options;
}

/** The part of the options that makes the key of an operation: without those that are equal to their default. */
export const restoreScopeSchema = z.strictObject({
  setId: z.guid(),
  policies: z.array(policyKey).optional(),
  mode: z.enum(['copy', 'missing']).optional(),
  includeAssignments: z.literal(false).optional(),
  includeScopeTags: z.literal(false).optional(),
  sourceTenantId: z.guid().optional(),
  /** The revision of the kept map. */
  mapping: z.int().min(0).optional(),
});
export type RestoreScope = z.output<typeof restoreScopeSchema>;

/** The scope of these options with this map. */
export function restoreScopeOf(options: PreviewContext): RestoreScope {
  const { setId, policies, mode, includeAssignments, includeScopeTags } = options;
  const { sourceTenantId, mappingRevision } = options;
  return {
    setId,
    ...(policies && { policies: [...policies] }),
    ...(mode !== 'update' && { mode }),
    ...(includeAssignments ? {} : { includeAssignments: false as const }),
    ...(includeScopeTags ? {} : { includeScopeTags: false as const }),
    ...(sourceTenantId !== null && { sourceTenantId }),
    ...(mappingRevision >= 0 && { mapping: mappingRevision }),
  };
}
