import { type ReadBackupSet, readBackupSet } from '../../entities/backup-set/read-backup-set.js';
import type { TenantPair } from '../../entities/mapping/read-mapping.js';
import { explained } from '../../runs/reason-codes.js';
import { tenantNameOf } from '../../tenancy/tenant-name.js';
import type { PlanServices, Refusal } from '../plan.js';
import { isBetweenTenants, otherTenantRefusal } from './other-tenant-right.js';

/** Kinds of things that restores link to for the set that they bring back. */
export const SOURCE_LINK_KINDS = ['backup_set', 'backup_set_of_other_tenant'] as const;

/** The backup set of a restore as a start finds it. */
export interface PlannedSource {
  readonly set: ReadBackupSet;
  /** The set's name in quotation marks, with the tenant that it comes from where that is another one. */
  readonly words: string;
  readonly link: {
    readonly kind: (typeof SOURCE_LINK_KINDS)[number];
    readonly id: string;
    readonly label: string;
  };
}

/**
 * Finds the backup set of a restore that is to start, and refuses the start to a person who may not use that set here. Nothing is said
 * about the sets of another tenant before the right is checked. Errors: those of the ledger.
 */
export async function planSource(
  { ledger, allowsIn }: Pick<PlanServices, 'ledger' | 'allowsIn'>,
  pair: TenantPair,
  setId: string,
): Promise<PlannedSource | { readonly refusal: Refusal }> {
  const refused = otherTenantRefusal(pair, allowsIn);
  if (refused) return refused;
  const set = await readBackupSet(ledger, pair.sourceTenantId, setId);
  if (!set || set.expiredBecause !== null) return SET_NOT_RESTORABLE;
  const quoted = `“${set.name}”`;
  if (!isBetweenTenants(pair))
    return { set, words: quoted, link: { kind: 'backup_set', id: setId, label: set.name } };
  const from = `from ${(await tenantNameOf(ledger, pair.sourceTenantId)) ?? pair.sourceTenantId}`;
  const link = { kind: 'backup_set_of_other_tenant', id: setId, label: `${set.name} ${from}` } as const;
  return { set, words: `${quoted} ${from}`, link };
}

export const SET_NOT_RESTORABLE: { readonly refusal: Refusal } = {
  refusal: { code: 'set_not_restorable', message: explained('set_not_restorable') },
};
