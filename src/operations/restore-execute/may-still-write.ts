import { allows, type Capability } from '../../access/capabilities.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { LOCAL_CLIENT_ID } from '../../runs/initiator.js';
import type { Initiator } from '../../runs/run-events.js';
import { type ConnectedDirectory, directoryOf, isSameDirectory } from '../../tenancy/connected-directory.js';
import { followTenant } from '../../tenancy/follow-tenant.js';
import { rolesIn, type TenantState } from '../../tenancy/tenant-state.js';
import { EffectRefused } from '../effect.js';
import type { RunHandle } from '../run-handle.js';

const RIGHT: Capability = 'restores.start_live';

/** Checks right before each request of a live restore whether the run may still write to its tenant. */
export interface WriteCheck {
  /**
   * Checks that the tenant is connected to the previewed directory. Errors: EffectRefused `connection_replaced`; those
   * of the ledger.
   */
  atBegin(): Promise<void>;
  /**
   * Checks the same before a policy is begun, and that whoever started the run may still start live restores. Errors:
   * EffectRefused `no_longer_permitted` or `connection_replaced`; those of the ledger.
   */
  beforePolicy(): Promise<void>;
  /**
   * Checks the same right before a request, and that the request goes to the previewed directory: a process learns of a
   * new connection later than the log. The right is checked only before the first request of a policy, so that a policy
   * that was begun is finished. Errors: as `beforePolicy`.
   */
  beforeRequest(request: {
    readonly isFirst: boolean;
    readonly directory: ConnectedDirectory;
  }): Promise<void>;
}

/** Reads the log, because a role, a token or the connection can be taken away while the run waits or works. */
export function createWriteCheck(
  ledger: LedgerReader,
  { tenantId, initiator }: Pick<RunHandle, 'tenantId' | 'initiator'>,
  previewed: ConnectedDirectory,
): WriteCheck {
  const tenantNow = followTenant(ledger, tenantId);
  const assertConnected = (tenant: TenantState) => {
    // Without a connection nothing can be sent.
    if (tenant.graphBaseUrl === null) return;
    assertPreviewed(directoryOf({ baseUrl: tenant.graphBaseUrl, signIn: tenant.graphSignIn }));
  };
  const assertPreviewed = (directory: ConnectedDirectory) => {
    if (!isSameDirectory(directory, previewed))
      throw new EffectRefused(
        'connection_replaced',
        'The tenant was connected to another directory after the preview.',
      );
  };
  const atBegin = async () => assertConnected(await tenantNow());
  const beforePolicy = async () => {
    const tenant = await tenantNow();
    if (!mayRestore(tenant, initiator))
      throw new EffectRefused(
        'no_longer_permitted',
        'Whoever started this restore may no longer start live restores in this tenant.',
      );
    assertConnected(tenant);
  };
  return {
    atBegin,
    beforePolicy,
    async beforeRequest({ isFirst, directory }) {
      assertPreviewed(directory);
      await (isFirst ? beforePolicy() : atBegin());
    },
  };
}

function mayRestore(tenant: TenantState, initiator: Initiator): boolean {
  switch (initiator.kind) {
    case 'member':
      return allows(rolesIn(tenant, initiator.personId), RIGHT);
    case 'api': {
      // A token that has only expired since the start was valid when it was used.
      const { clientId } = initiator;
      return (
        clientId === LOCAL_CLIENT_ID || tenant.tokens.get(clientId)?.capabilities.includes(RIGHT) === true
      );
    }
    case 'schedule':
      return false;
  }
}
