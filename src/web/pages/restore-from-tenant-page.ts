import { z } from 'zod';
import { deniedReason } from '../../access/capabilities.js';
import { NO_RIGHT_THERE, OTHER_TENANT_RIGHT } from '../../operations/restore-source/other-tenant-right.js';
import { findBackupSet, listBackupSets } from '../hub/backup-set-list.js';
import { readHub } from '../hub/hub-read.js';
import { LIMITS } from '../limits.js';
import { optionalField } from '../optional-field.js';
import type { TenantMembership } from '../ports/access.js';
import { pathWithQuery } from '../query-of.js';
import { forbidden } from '../route-access.js';
import { graphStartOffer } from '../start-offers.js';
import { tenantsToRestoreWith } from './other-tenant-source.js';
import { definePage, type PageRead } from './page.js';

/** The address of the page below a tenant's, for a set or a list of sets of the other tenant `source`. */
export const restoreFromTenantLink = (query: {
  readonly source?: string | undefined;
  readonly set?: string | undefined;
  readonly before?: number | undefined;
}): string => pathWithQuery('restores/from-another-tenant', query);

const querySchema = z.object({
  /** The other tenant, by its short name. */
  source: optionalField(z.string().max(100)),
  /** A backup set of that tenant. */
  set: optionalField(z.guid()),
  before: z.coerce.number().int().optional(),
});
type Query = z.infer<typeof querySchema>;

/** The choice of a backup set of another tenant, and the start of its preview here. */
export const restoreFromTenantPage = definePage<Query>({
  path: '/restores/from-another-tenant',
  under: '/restores',
  capability: 'features.read',
  template: 'pages/restore-from-tenant',
  query: querySchema,
  async load(read) {
    const { db, access, query } = read;
    const denied = deniedReason(access.roles, OTHER_TENANT_RIGHT);
    const tenants = denied === null ? tenantsToRestoreWith(read) : [];
    const source = sourceOf(read, tenants, denied);
    if (source === 'nowhere') return undefined;
    const chosen = source && query.set ? await setOf(read, source, query.set) : null;
    if (chosen === undefined) return undefined;
    const sets = source && !chosen ? await setsOf(read, source) : { rows: [], older: null };
    return {
      title: 'Restore from another tenant',
      view: {
        base: `/t/${access.tenant.slug}`,
        denied,
        source,
        chosen,
        sets,
        address: restoreFromTenantLink({}),
        tenants: tenants.map(({ name, slug }) => ({ name, href: restoreFromTenantLink({ source: slug }) })),
        sourceHref: restoreFromTenantLink({ source: source?.slug }),
        paged: query.before !== undefined,
        offer: await graphStartOffer(access, db),
      },
      people: [],
    };
  },
});

/**
 * The tenant that the address names, null when it names none, and `nowhere` when there is no such tenant. Errors:
 * WebError `forbidden` for a tenant that the reader may not restore from.
 */
function sourceOf(
  { query, runtime }: PageRead<Query>,
  tenants: readonly TenantMembership[],
  denied: string | null,
): TenantMembership | null | 'nowhere' {
  if (query.source === undefined) return null;
  const tenant = runtime.deps.ports.access.tenant(query.source);
  if (!tenant) return 'nowhere';
  const allowed = tenants.find(({ tenantId }) => tenantId === tenant.tenantId);
  if (!allowed) throw forbidden(denied ?? NO_RIGHT_THERE);
  return allowed;
}

/**
 * The chosen set, read in a transaction of its tenant; undefined for an id that exists nowhere. Errors: WebError
 * `forbidden` for a set of a third tenant.
 */
async function setOf({ runtime }: PageRead<Query>, { tenantId }: TenantMembership, setId: string) {
  const owner = await runtime.deps.ports.access.tenantOf('backup_set', setId);
  if (owner === undefined) return undefined;
  if (owner !== tenantId) throw forbidden(NO_RIGHT_THERE);
  return readHub(runtime.deps, tenantId, (db) => findBackupSet(db, setId));
}

/** A page of the tenant's sets that have not expired, newest first, read in a transaction of that tenant. */
async function setsOf({ runtime, query }: PageRead<Query>, source: TenantMembership) {
  const { rows, hasMore } = await readHub(runtime.deps, source.tenantId, (db) =>
    listBackupSets(db, { before: query.before, limit: LIMITS.backupSetsPerPage }),
  );
  const last = rows.at(-1)?.created_position;
  return {
    rows: rows
      .filter(({ expired_at }) => expired_at === null)
      .map((set) => ({ ...set, href: restoreFromTenantLink({ source: source.slug, set: set.set_id }) })),
    older: hasMore ? restoreFromTenantLink({ source: source.slug, before: last }) : null,
  };
}
