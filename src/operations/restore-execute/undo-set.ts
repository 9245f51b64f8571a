import { batchesOf } from '../../batches-of.js';
import { backupSetEntity } from '../../entities/backup-set/backup-set.js';
import { readBackupSet } from '../../entities/backup-set/read-backup-set.js';
import type { EventDraft } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { readRun } from '../../runs/read-operation.js';
import { bounded } from '../../runs/run-events.js';
import { findSnapshot } from '../../snapshots/read-snapshot.js';
import type { Snapshot } from '../../snapshots/snapshot.js';
import { produceAtEnd } from '../handling/produce-at-end.js';
import { begunRestores } from '../restore-policy/begun-restores.js';
import type { RunHandle } from '../run-handle.js';
import { undoSetIdOf } from './undo-set-id.js';

const NAME_LENGTH_MAX = 200;
/** Items take some 80 bytes each, so that an event stays below 64 KiB. */
const ITEMS_PER_EVENT = 500;

/** The backup set of what a live restore overwrites. */
export interface UndoSet {
  /**
   * Adds the version of a policy before its first request is sent, so that the set has it whenever and however the run
   * ends. Resolves when the log has it. Errors: those of the run.
   */
  add(snapshot: Snapshot): Promise<void>;
  /** The id of the set; undefined before something was added. */
  id(): string | undefined;
}

/**
 * Opens the undo set of a run, and adds what earlier attempts have begun to write and not added. The set comes to be
 * with its first policy. Errors: those of the ledger and of the run.
 */
export async function openUndoSet(
  run: Pick<RunHandle, 'tenantId' | 'runId' | 'produce'>,
  ledger: LedgerReader,
  name: string,
): Promise<UndoSet> {
  const { tenantId, runId } = run;
  const setId = undoSetIdOf(runId);
  const stream = backupSetEntity.stream(tenantId, setId);
  const kept = await readBackupSet(ledger, tenantId, setId);
  const known = new Set(kept && [...kept.items.values()].map(({ snapshot }) => snapshot));
  let isThere = kept !== undefined;
  let batch: { readonly snapshots: Snapshot[]; readonly appended: Promise<void> } | undefined;
  let appending: Promise<void> = Promise.resolve();

  const append = (draft: EventDraft) => produceAtEnd(run, ledger, stream, draft);

  async function appendAll(added: readonly Snapshot[]): Promise<void> {
    if (!isThere) {
      const origin = { kind: 'restore', runId } as const;
      await append({ type: 'BackupSetCreated', data: { name: bounded(name, NAME_LENGTH_MAX), origin } });
      isThere = true;
    }
    for (const snapshots of batchesOf(added, ITEMS_PER_EVENT)) {
      const items = snapshots.map(({ id, bytes, withheld }) => ({
        snapshot: id,
        bytes,
        withheld: withheld.count,
      }));
      const options = { includeAssignments: true, includeScopeTags: true };
      await append({ type: 'BackupItemsAdded', data: { options, items } });
    }
  }

  /** What comes while an append is under way waits for it and is appended together. */
  function openBatch(): NonNullable<typeof batch> {
    const snapshots: Snapshot[] = [];
    const appended = appending.then(() => {
      batch = undefined;
      return appendAll(snapshots);
    });
    // Whoever waits for the batch gets its error.
    appending = appended.catch(() => undefined);
    return { snapshots, appended };
  }

  async function add(snapshot: Snapshot): Promise<void> {
    if (known.has(snapshot.id)) return;
    known.add(snapshot.id);
    batch ??= openBatch();
    batch.snapshots.push(snapshot);
    await batch.appended;
  }

  const begun = await begunRestores(readRun(ledger, tenantId, runId));
  const earlier = [...begun.values()].flatMap(({ before }) => before ?? []);
  const found = await Promise.all(earlier.map((id) => findSnapshot(ledger, tenantId, id)));
  await Promise.all(found.map((snapshot) => snapshot && add(snapshot)));
  return { add, id: () => (isThere ? setId : undefined) };
}
