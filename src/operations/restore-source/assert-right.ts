import { allows } from '../../access/capabilities.js';
import type { TenantPair } from '../../entities/mapping/read-mapping.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { followTenant } from '../../tenancy/follow-tenant.js';
import { rolesIn } from '../../tenancy/tenant-state.js';
import { RunFailure } from '../run-failure.js';
import type { RunHandle } from '../run-handle.js';
import type { CommonWords } from '../vocabulary.js';
import { isBetweenTenants, OTHER_TENANT_RIGHT } from './other-tenant-right.js';

/**
 * Returns a check in the log that whoever started a run may still restore between these tenants, because a role can be
 * taken away while the run waits or works. Each check reads only what the tenants' streams have gained since the last
 * one. Errors of the check: RunFailure `no_longer_permitted`; those of the ledger.
 */
export function createRightCheck(
  ledger: LedgerReader,
  { initiator }: Pick<RunHandle, 'initiator'>,
  pair: TenantPair,
): () => Promise<void> {
  const { targetTenantId, sourceTenantId } = pair;
  if (!isBetweenTenants(pair)) return async () => undefined;
  const tenants = [
    { read: followTenant(ledger, targetTenantId), where: 'this tenant' },
    { read: followTenant(ledger, sourceTenantId), where: 'the tenant of the backup set' },
  ];
  return async () => {
    for (const { read, where } of tenants) {
      const state = await read();
      if (initiator.kind === 'member' && allows(rolesIn(state, initiator.personId), OTHER_TENANT_RIGHT))
        continue;
      throw new RunFailure<CommonWords['failure']>(
        'no_longer_permitted',
        `The person who started this may no longer restore from another tenant: their role in ${where} does not include it.`,
      );
    }
  };
}
