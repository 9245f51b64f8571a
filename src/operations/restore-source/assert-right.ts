import { allows } from '../../access/capabilities.js';
import type { TenantPair } from '../../entities/mapping/read-mapping.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { readTenant } from '../../tenancy/tenant-commands.js';
import { rolesIn } from '../../tenancy/tenant-state.js';
import { RunFailure } from '../run-failure.js';
import type { RunHandle } from '../run-handle.js';
import type { CommonWords } from '../vocabulary.js';
import { isBetweenTenants, OTHER_TENANT_RIGHT } from './other-tenant-right.js';

/**
 * Checks in the log that whoever started a run may still restore between these tenants, because a role can be taken
 * away while the run waits or works. Errors: RunFailure `no_longer_permitted`; those of the ledger.
 */
export async function assertOtherTenantRight(
  ledger: LedgerReader,
  { initiator }: Pick<RunHandle, 'initiator'>,
  pair: TenantPair,
): Promise<void> {
  if (!isBetweenTenants(pair)) return;
  for (const tenantId of [pair.targetTenantId, pair.sourceTenantId]) {
    const { state } = await readTenant(ledger, tenantId);
    if (initiator.kind === 'member' && allows(rolesIn(state, initiator.personId), OTHER_TENANT_RIGHT))
      continue;
    const where = tenantId === pair.targetTenantId ? 'this tenant' : 'the tenant of the backup set';
    throw new RunFailure<CommonWords['failure']>(
      'no_longer_permitted',
      `The person who started this may no longer restore from another tenant: their role in ${where} does not include it.`,
    );
  }
}
