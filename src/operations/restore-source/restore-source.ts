import { type ReadBackupSet, readBackupSet } from '../../entities/backup-set/read-backup-set.js';
import type { SetUse } from '../../entities/backup-set/set-uses.js';
import type { TenantPair } from '../../entities/mapping/read-mapping.js';
import { nameHashOf } from '../../snapshots/policy-hashes.js';
import { findSnapshot, readSnapshotContent, type WholeSnapshot } from '../../snapshots/read-snapshot.js';
import type { Snapshot } from '../../snapshots/snapshot.js';
import { useBackupSet } from '../handling/use-backup-set.js';
import type { OperationServices } from '../operation-services.js';
import { RunFailure } from '../run-failure.js';
import type { RunHandle } from '../run-handle.js';
import type { CommonWords } from '../vocabulary.js';
import { createRightCheck } from './assert-right.js';
import { isBetweenTenants } from './other-tenant-right.js';
import { recordUse } from './record-use.js';

/**
 * The backup set of a restore. Everything is read as the tenant that the set belongs to, with that tenant's keys;
 * where it is another tenant, the right of the person who started the run is checked again before each content is read.
 */
export interface RestoreSource {
  readonly set: ReadBackupSet;
  /** The facts in a snapshot's event; undefined when it is not in the log. Errors: those of the ledger. */
  facts(snapshotId: string): Promise<Snapshot | undefined>;
  /** Errors: SnapshotContentGoneError; RunFailure `no_longer_permitted`; those of the ledger and the artifact store. */
  content(facts: Snapshot): Promise<Omit<WholeSnapshot, 'snapshot'>>;
  /** Keyed hash of an exact name, as the set's snapshots have it. */
  nameHash(name: string): Promise<string>;
}

/**
 * Opens the backup set of a run and records that the run uses it. Errors: RunFailure when the set is gone, when it had
 * expired before the run began its work, and when the right to another tenant is gone; those of the ledger.
 */
export async function openRestoreSource(
  run: RunHandle,
  { ledger, artifacts }: Pick<OperationServices, 'ledger' | 'artifacts'>,
  pair: TenantPair,
  { setId, use }: { readonly setId: string; readonly use: SetUse },
): Promise<RestoreSource> {
  const { sourceTenantId } = pair;
  const assertRight = createRightCheck(ledger, run, pair);
  await assertRight();
  const found = await readBackupSet(ledger, sourceTenantId, setId);
  if (!found) throw failure('artifact_missing', 'The backup set is not in the log any more.');
  if (isBetweenTenants(pair)) await recordUse(run, ledger, pair, { setId, name: found.name, use });
  else await useBackupSet(run, ledger, setId);
  // Retention may have removed the set before it saw that this run uses it.
  const set = (await readBackupSet(ledger, sourceTenantId, setId)) ?? found;
  if (set.expiredBecause !== null && run.recorded.size === 0)
    throw failure('backup_set_expired', 'The backup set expired before the restore began.');
  return {
    set,
    facts: (snapshotId) => findSnapshot(ledger, sourceTenantId, snapshotId),
    async content(facts) {
      await assertRight();
      return readSnapshotContent(artifacts, sourceTenantId, facts);
    },
    nameHash: (name) => nameHashOf(artifacts, sourceTenantId, name),
  };
}

const failure = (code: CommonWords['failure'], reason: string) =>
  new RunFailure<CommonWords['failure']>(code, reason);
