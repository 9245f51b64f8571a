import { readBackupSet } from '../../entities/backup-set/read-backup-set.js';
import type { OperationServices } from '../operation-services.js';
import { type ChosenPolicy, readChoice } from '../policy-choice/read-choice.js';
import type { ExportedPolicy } from './export-events.js';
import type { ExportSource } from './export-source.js';

/** A policy to read from Graph. */
export interface LiveItem {
  readonly kind: 'live';
  readonly policy: ChosenPolicy;
}

/** A stored version of a policy. */
export interface StoredItem {
  readonly kind: 'stored';
  readonly snapshotId: string;
  readonly without: ExportedPolicy['without'];
}

export type ExportItem = LiveItem | StoredItem;

/** The items of a source, from the log and from artifacts. Errors: as `readChoice`. */
export async function itemsOf(
  services: Pick<OperationServices, 'ledger' | 'artifacts'>,
  tenantId: string,
  source: ExportSource,
): Promise<readonly ExportItem[]> {
  if (source.from === 'graph') {
    const policies = await readChoice(services, tenantId, source.policies);
    return policies.map((policy) => ({ kind: 'live', policy }));
  }
  if (source.from === 'snapshot') return [{ kind: 'stored', snapshotId: source.snapshotId, without: [] }];
  const set = await readBackupSet(services.ledger, tenantId, source.setId);
  return [...(set?.items.values() ?? [])].map(({ snapshot, includeAssignments, includeScopeTags }) => ({
    kind: 'stored',
    snapshotId: snapshot,
    without: [
      ...(includeAssignments ? [] : (['assignments'] as const)),
      ...(includeScopeTags ? [] : (['scope_tags'] as const)),
    ],
  }));
}
