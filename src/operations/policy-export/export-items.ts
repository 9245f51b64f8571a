import { readBackupSet } from '../../entities/backup-set/read-backup-set.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import { identityOf } from '../../policies/match-policies.js';
import { typesOf } from '../../policies/selection.js';
import { findSnapshot } from '../../snapshots/read-snapshot.js';
import { readObservations, type SeenPolicy } from '../inventory-sync/read-observations.js';
import type { OperationServices } from '../operation-services.js';
import { type ChosenPolicy, readChoice } from '../policy-choice/read-choice.js';
import type { ExportedPolicy } from './export-events.js';
import type { ExportSource } from './export-source.js';

/** What an export reads; only one of the three is not empty. */
export interface ExportItems {
  /** Policies to read from Graph. */
  readonly policies: readonly ChosenPolicy[];
  /** Types of which everything is read that Graph lists. */
  readonly types: readonly PolicyType[];
  readonly stored: readonly StoredItem[];
}

/** A version that a snapshot keeps, or that an inventory saw. */
export interface StoredItem {
  readonly version:
    | Pick<ObservationSource, 'runId' | 'policyType' | 'policyId'>
    | { readonly snapshotId: string };
  /** The parts of it that aren't exported. */
  readonly without: ExportedPolicy['without'];
}

type ObservationSource = Extract<ExportSource, { readonly from: 'observation' }>;
type Services = Pick<OperationServices, 'ledger' | 'artifacts'>;

/** The items of a source, from the log and from artifacts. Errors: as `readChoice`. */
export async function itemsOf(
  services: Services,
  tenantId: string,
  source: ExportSource,
): Promise<ExportItems> {
  const nothing: ExportItems = { policies: [], types: [], stored: [] };
  switch (source.from) {
    case 'graph':
      if (source.policies.from === 'tenant') return { ...nothing, types: typesOf(source.policies) };
      return { ...nothing, policies: await readChoice(services, tenantId, source.policies) };
    case 'snapshot':
    case 'observation':
      return { ...nothing, stored: [{ version: source, without: [] }] };
    case 'backup_set': {
      const set = await readBackupSet(services.ledger, tenantId, source.setId);
      const items = [...(set?.items.values() ?? [])];
      const stored = items.map(
        ({ snapshot, includeAssignments, includeScopeTags }): StoredItem => ({
          version: { snapshotId: snapshot },
          without: [
            ...(includeAssignments ? [] : (['assignments'] as const)),
            ...(includeScopeTags ? [] : (['scope_tags'] as const)),
          ],
        }),
      );
      return { ...nothing, stored };
    }
  }
}

/** What the log says of a stored version; undefined when the tenant has no such version. */
export async function findStored(
  { ledger }: Pick<Services, 'ledger'>,
  tenantId: string,
  version: StoredItem['version'],
): Promise<Omit<ExportedPolicy, 'itemId' | 'without'> | undefined> {
  if ('snapshotId' in version) {
    const snapshot = await findSnapshot(ledger, tenantId, version.snapshotId);
    if (!snapshot) return undefined;
    const { policyType, policyId, name, artifact, references } = snapshot;
    return { policyType, policyId, name, artifact, references, snapshot: version.snapshotId };
  }
  const wanted = identityOf({ policyType: version.policyType, id: version.policyId });
  const { items = [] } = (await readObservations(ledger, tenantId, version.runId)) ?? {};
  const isWanted = (policy: SeenPolicy): boolean =>
    identityOf({ policyType: policy.policyType, id: policy.policyId }) === wanted;
  const seen = items.find(({ policy }) => policy && isWanted(policy))?.policy;
  if (!seen) return undefined;
  const { policyType, policyId, name, artifact } = seen;
  // Inventories store no names of what a policy refers to.
  return { policyType, policyId, name, artifact, references: null, snapshot: null };
}
