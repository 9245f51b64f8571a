import {
  addItems,
  type BackupItem,
  type BackupSetFacts,
  backupSetEntity,
  SET_POLICIES_MAX,
} from '../../entities/backup-set/backup-set.js';
import { BackupItemsAdded, type BackupOptions } from '../../entities/backup-set/backup-set-events.js';
import { RevisionConflictError } from '../../ledger/event-log.js';
import { isEvent } from '../../ledger/event-registry.js';
import { EMPTY_HEAD, headAfter, type StreamHead } from '../../ledger/stream-head.js';
import { findSnapshot } from '../../snapshots/read-snapshot.js';
import type { Snapshot } from '../../snapshots/snapshot.js';
import { number } from '../../wording/number-words.js';
import type { OperationServices } from '../operation-services.js';
import { RunFailure } from '../run-failure.js';
import type { CapturedItems } from './earlier-items.js';
import { addedItem, missingItem, unchangedItem } from './fill-items.js';
import type { FillingRun } from './filling-run.js';

/** Snapshots that are added in one event. */
const ADDED_AT_ONCE = 200;
/** Longest time that snapshots wait for others, so that pages show soon what has been added, milliseconds. */
const ADDED_AFTER_MS = 2_000;

type Services = Pick<OperationServices, 'ledger' | 'clock'>;

/**
 * The additions of a run to a backup set. Snapshots are collected; then the set gets them in one event, and only after
 * that their items are recorded. A run that is taken over in between finds in the set what it has added, and adds
 * nothing twice.
 */
export class SetAdditions {
  #set: BackupSetFacts | null = backupSetEntity.initial;
  readonly #items = new Map<string, BackupItem>();
  #head: StreamHead = EMPTY_HEAD;
  #pending: Snapshot[] = [];
  #lastAddedMs: number;
  readonly #stream: string;

  constructor(
    private readonly run: FillingRun,
    private readonly services: Services,
    private readonly to: {
      readonly setId: string;
      readonly options: BackupOptions;
      readonly earlier: CapturedItems;
    },
  ) {
    this.#stream = backupSetEntity.stream(run.tenantId, to.setId);
    this.#lastAddedMs = services.clock.monotonicMs();
  }

  /**
   * Reads the set and records what an earlier attempt added without recording it. `isDone` says whether the item of a
   * policy key is recorded. Resolves to the keys of the policies that this run has added. Errors: RunFailure
   * `backup_set_expired`.
   */
  async open(isDone: (policyKey: string) => boolean): Promise<readonly string[]> {
    await this.#refresh();
    this.#assertOpen();
    const own: string[] = [];
    for (const [policyKey, { addedBy, snapshot: id }] of this.#items) {
      if (addedBy !== this.run.runId) continue;
      own.push(policyKey);
      if (isDone(policyKey)) continue;
      const snapshot = await findSnapshot(this.services.ledger, this.run.tenantId, id);
      if (snapshot) await this.#record(snapshot);
    }
    return own;
  }

  /**
   * Adds a snapshot, at once or together with the next ones. Errors: RunFailure `backup_set_expired`; those of the
   * run.
   */
  async add(snapshot: Snapshot): Promise<void> {
    this.#pending.push(snapshot);
    const waitedMs = this.services.clock.monotonicMs() - this.#lastAddedMs;
    if (this.#pending.length >= ADDED_AT_ONCE || waitedMs >= ADDED_AFTER_MS) await this.write();
  }

  /** Adds what is still collected, and records the items. Errors: as `add`. */
  async write(): Promise<void> {
    const snapshots = this.#pending;
    this.#pending = [];
    this.#lastAddedMs = this.services.clock.monotonicMs();
    if (snapshots.length === 0) return;
    await this.#produce(snapshots);
    for (const snapshot of snapshots) await this.#record(snapshot);
    await this.run.flush();
  }

  /** Appends the snapshots that the set lacks and has room for; another run may add to the set meanwhile. */
  async #produce(snapshots: readonly Snapshot[]): Promise<void> {
    for (;;) {
      await this.#refresh();
      this.#assertOpen();
      const items = this.#items;
      const fresh = snapshots.filter((snapshot) => !this.#holds(snapshot));
      let room = SET_POLICIES_MAX - items.size;
      const fitting = fresh.filter(({ policyKey }) => items.has(policyKey) || room-- > 0);
      if (fitting.length === 0) return;
      const added = fitting.map(({ id, bytes, withheld }) => ({
        snapshot: id,
        bytes,
        withheld: withheld.count,
      }));
      const data = { options: this.to.options, items: added };
      try {
        await this.run.produce(this.#stream, { type: 'BackupItemsAdded', data }, this.#head);
        return await this.#refresh();
      } catch (error) {
        if (!(error instanceof RevisionConflictError)) throw error;
      }
    }
  }

  async #record(snapshot: Snapshot): Promise<void> {
    const item = this.#items.get(snapshot.policyKey);
    if (!item) {
      const reason = `A set holds ${number(SET_POLICIES_MAX)} policies at most.`;
      return this.run.record(missingItem(snapshot, { reasonCode: 'backup_set_full', reason }));
    }
    if (item.addedBy !== this.run.runId && item.snapshot === snapshot.id)
      return this.run.record(unchangedItem(snapshot));
    const outcome = addedItem(snapshot);
    const same = await this.to.earlier.sameIn(snapshot.runId, outcome);
    return same ? this.run.repeat(same) : this.run.record(outcome);
  }

  #holds({ policyKey, id }: Snapshot): boolean {
    const item = this.#items.get(policyKey);
    const { includeAssignments, includeScopeTags } = this.to.options;
    return (
      item?.snapshot === id &&
      item.includeAssignments === includeAssignments &&
      item.includeScopeTags === includeScopeTags
    );
  }

  #assertOpen(): void {
    if (!this.#set) throw new RunFailure('backup_set_expired', 'The backup set is not there any more.');
    const { expiredBecause } = this.#set;
    if (expiredBecause !== null)
      throw new RunFailure('backup_set_expired', `The backup set has expired: ${expiredBecause}`);
  }

  /** Folds the events that the set's stream has got since the last time. */
  async #refresh(): Promise<void> {
    const after = { fromRevision: this.#head.revision + 1 };
    for await (const event of this.services.ledger.read(this.#stream, after)) {
      if (isEvent(event, ...backupSetEntity.events)) this.#set = backupSetEntity.evolve(this.#set, event);
      if (this.#set && isEvent(event, BackupItemsAdded)) addItems(this.#items, event);
      this.#head = headAfter(event);
    }
  }
}
