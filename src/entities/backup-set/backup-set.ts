import { z } from 'zod';
import { commandsOf } from '../../ledger/define-command.js';
import { defineEntity } from '../../ledger/define-entity.js';
import type { RecordedOf } from '../../ledger/event-registry.js';
import { parseSnapshotId } from '../policy/policy.js';
import { typedName, typedText } from '../typed-text.js';
import {
  BackupItemsAdded,
  type BackupOptions,
  BackupSetCreated,
  BackupSetExpired,
  type BackupSetOrigin,
  BackupSetRenamed,
  EXPIRY_REASON_LENGTH_MAX,
  SET_NAME_LENGTH_MAX,
} from './backup-set-events.js';

/** One policy of a backup set: the newest snapshot of it that was added. */
export interface BackupItem extends BackupOptions {
  /** The id of the snapshot, `<policy key>-<revision>`. */
  readonly snapshot: string;
  /** The size of the kept document. */
  readonly bytes: number;
  /** How many secret values Graph withheld. */
  readonly withheld: number;
  /** The run that added it. */
  readonly addedBy: string | null;
}

/** Most policies in one set. */
export const SET_POLICIES_MAX = 20_000;

/** A backup set without its items. */
export interface BackupSetFacts {
  readonly name: string;
  readonly origin: BackupSetOrigin;
  /** Why it has expired, or null while it hasn't. */
  readonly expiredBecause: string | null;
}

export interface BackupSet extends BackupSetFacts {
  /** By policy key. */
  readonly items: ReadonlyMap<string, BackupItem>;
}

/**
 * A set of snapshots that a person or a schedule made; it can be renamed and expired, and its snapshots never change.
 * The state has no items, because a set can have an event for each of its policies, and no command needs them.
 */
export const backupSetEntity = defineEntity({
  category: 'backupset',
  streams: '<tenant>.<set>',
  events: [BackupSetCreated, BackupSetRenamed, BackupItemsAdded, BackupSetExpired],
  initial: null as BackupSetFacts | null,
  evolve(set, event): BackupSetFacts | null {
    if (event.type === 'BackupSetCreated') return set ?? { ...event.data, expiredBecause: null };
    if (!set) return null;
    if (event.type === 'BackupSetRenamed') return { ...set, name: event.data.name };
    if (event.type === 'BackupSetExpired')
      return { ...set, expiredBecause: set.expiredBecause ?? event.data.reason };
    return set;
  },
});

/** Puts the items that an event adds into a set's items. */
export function addItems(
  items: Map<string, BackupItem>,
  { data, envelope }: RecordedOf<typeof BackupItemsAdded>,
): void {
  const addedBy = envelope.runId ?? null;
  for (const item of data.items) items.set(keyIn(item.snapshot), { ...item, ...data.options, addedBy });
}

/** The key of the policy that a snapshot is of. */
const keyIn = (snapshot: string): string => parseSnapshotId(snapshot)?.policyKey ?? snapshot;

const setCommand = commandsOf(backupSetEntity);

const setId = z.guid();
const name = typedName(SET_NAME_LENGTH_MAX, 'A backup set needs a name');
const capability = 'backups.manage';
const idOf = (input: { readonly setId: string }): string => input.setId;

const UNKNOWN = { refusal: 'There is no such backup set. Look for it in the list of backup sets.' };

/** Makes an empty set; does nothing when it was made already. */
export const createBackupSet = setCommand({
  name: 'backup_set.create',
  summary: 'Make an empty backup set',
  capability,
  input: z.strictObject({ setId, name }),
  idOf,
  decide: (set, input) =>
    set ? [] : [{ type: 'BackupSetCreated', data: { name: input.name, origin: { kind: 'person' } } }],
});

/** Gives a set another name. */
export const renameBackupSet = setCommand({
  name: 'backup_set.rename',
  summary: 'Give a backup set another name',
  capability,
  input: z.strictObject({ setId, name }),
  idOf,
  existingKind: 'backup_set',
  decide(set, input) {
    if (!set) return UNKNOWN;
    return set.name === input.name ? [] : [{ type: 'BackupSetRenamed', data: { name: input.name } }];
  },
});

/** Ends a set for good: nothing is added to it or restored from it any more. */
export const expireBackupSet = setCommand({
  name: 'backup_set.expire',
  summary: 'End a backup set for good',
  capability,
  input: z.strictObject({ setId, reason: typedText(EXPIRY_REASON_LENGTH_MAX, 'Say why it expires') }),
  idOf,
  existingKind: 'backup_set',
  decide(set, { reason }) {
    if (!set) return UNKNOWN;
    return set.expiredBecause === null ? [{ type: 'BackupSetExpired', data: { reason } }] : [];
  },
});
