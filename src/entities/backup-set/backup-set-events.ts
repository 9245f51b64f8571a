import { z } from 'zod';
import { defineEvent } from '../../ledger/event-registry.js';
import { count } from '../../wording/number-words.js';
import { snapshotIdSchema } from '../policy/policy.js';

export const SET_NAME_LENGTH_MAX = 200;
export const EXPIRY_REASON_LENGTH_MAX = 300;
/** Most items in one event; each takes some 80 bytes, so that an event stays below 64 KiB. */
const ITEMS_IN_ONE_EVENT_MAX = 500;

const category = 'backupset';
const name = z.string().min(1).max(SET_NAME_LENGTH_MAX);

const originSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('person') }),
  /** A live restore makes a set of what it overwrites. */
  z.strictObject({ kind: z.literal('restore'), runId: z.string().max(60) }),
  z.strictObject({
    kind: z.literal('schedule'),
    scheduleId: z.guid(),
    /** The schedule's name at that time. */
    name,
  }),
]);
export type BackupSetOrigin = z.infer<typeof originSchema>;

const optionsSchema = z.strictObject({
  /** Whether the assignments of the snapshots belong to the set. */
  includeAssignments: z.boolean(),
  /** Whether the scope tags of the snapshots belong to the set. */
  includeScopeTags: z.boolean(),
});
export type BackupOptions = Readonly<z.infer<typeof optionsSchema>>;

export const BackupSetCreated = defineEvent({
  type: 'BackupSetCreated',
  category,
  meaning: 'A person or a schedule made a backup set, which is empty at first.',
  words: (data) => data.name,
  data: z.strictObject({ name, origin: originSchema }),
});

export const BackupSetRenamed = defineEvent({
  type: 'BackupSetRenamed',
  category,
  meaning: 'A person gave a backup set another name.',
  words: (data) => data.name,
  data: z.strictObject({ name }),
});

/**
 * The names and types of the policies are in the snapshots' events, so that the event of a set with thousands of
 * policies stays small.
 */
export const BackupItemsAdded = defineEvent({
  type: 'BackupItemsAdded',
  category,
  meaning: 'A run added snapshots to a backup set; of several snapshots of one policy the last one counts.',
  words: ({ items }) => count(items.length, 'policy added', 'policies added'),
  data: z.strictObject({
    options: optionsSchema,
    items: z
      .array(
        z.strictObject({
          /** The id of the snapshot: the key of its policy and its revision in that policy’s stream. */
          snapshot: snapshotIdSchema,
          /** The size of the kept document. */
          bytes: z.int().min(0),
          /** How many secret values Graph withheld. */
          withheld: z.int().min(0),
        }),
      )
      .min(1)
      .max(ITEMS_IN_ONE_EVENT_MAX),
  }),
});

export const BackupSetExpired = defineEvent({
  type: 'BackupSetExpired',
  category,
  meaning: 'A backup set ended for good: nothing is added to it or restored from it any more.',
  words: ({ reason }) => reason,
  data: z.strictObject({ reason: z.string().min(1).max(EXPIRY_REASON_LENGTH_MAX) }),
});
