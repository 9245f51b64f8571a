import { z } from 'zod';
import { defineEntity } from '../../ledger/define-entity.js';
import { defineEvent } from '../../ledger/event-registry.js';
import { count } from '../../wording/number-words.js';

/** Kinds of objects in a tenant's directory that policies are assigned by. */
export const DIRECTORY_KINDS = ['group', 'assignment_filter', 'scope_tag'] as const;
export type DirectoryKind = (typeof DIRECTORY_KINDS)[number];

export const NAME_LENGTH_MAX = 300;
export const ID_LENGTH_MAX = 200;
/** The most objects in one event; each takes some 300 bytes, so that an event stays below 64 KiB. */
export const OBSERVED_MAX = 150;

const address = z.string().regex(/^[0-9a-f]{64}$/);
const directoryKindSchema = z.enum(DIRECTORY_KINDS);

const observedSchema = z.strictObject({
  id: z.string().min(1).max(ID_LENGTH_MAX),
  /** The name as it is shown to people; null when Graph gave none. */
  name: z.string().max(NAME_LENGTH_MAX).nullable(),
  /** Keyed hash of the exact name; null when Graph gave none. */
  nameHash: address.nullable(),
  /** `security`, `microsoft365`, `mail_security` or `distribution` for a group; a filter's platform. */
  type: z.string().max(60).nullable(),
  /** Whether a rule of the directory determines the group's members. */
  dynamic: z.boolean(),
  /** Whether the group is synchronized from an on-premises directory. */
  onPremises: z.boolean(),
});
export type ObservedObject = z.infer<typeof observedSchema>;

/** The objects that a synchronization found changed in the directory. */
export const DirectoryObjectsObserved = defineEvent({
  type: 'DirectoryObjectsObserved',
  category: 'directory',
  meaning:
    'Groups, assignment filters or scope tags that are new, changed or gone since the last synchronization.',
  words: ({ present, removed }) =>
    [count(present.length, 'observed', 'observed'), count(removed.length, 'removed', 'removed')].join(', '),
  importance: 'minor',
  data: z.strictObject({
    kind: directoryKindSchema,
    present: z.array(observedSchema).max(OBSERVED_MAX),
    removed: z.array(z.string().min(1).max(ID_LENGTH_MAX)).max(OBSERVED_MAX),
  }),
});

const sectionSchema = z.strictObject({
  /** Address of the artifact with the addresses of the cache's parts. */
  index: address,
  /** Parts that are new in the cache, so that they aren't collected as unreferenced artifacts. */
  newParts: z.array(address).max(256),
  objects: z.int().min(0),
  /**
   * When the section was read, UTC. It is earlier than the event when this synchronization couldn't read the section.
   */
  readAt: z.string().max(40),
  /** The run that read it. */
  runId: z.string().max(80),
  /** The directory's id or the address that it was read from. Another one means that everything is read again. */
  source: z.string().max(300),
  /** Address of the artifact with the link for reading later changes, and when Graph issued it. */
  link: z.strictObject({ artifact: address, issuedAt: z.string().max(40) }).nullable(),
});
/** The cached objects of one kind. */
export type DirectorySection = z.infer<typeof sectionSchema>;

/** The cache was replaced. The newest event of this type describes the cache's content. */
export const DirectorySynced = defineEvent({
  type: 'DirectorySynced',
  category: 'directory',
  meaning:
    'The tenant’s cache of groups, assignment filters and scope tags was replaced; the content is in artifacts.',
  words: ({ sections }) =>
    [
      count(sections.group?.objects ?? 0, 'group', 'groups'),
      count(sections.assignment_filter?.objects ?? 0, 'filter', 'filters'),
      count(sections.scope_tag?.objects ?? 0, 'scope tag', 'scope tags'),
    ].join(', '),
  data: z.strictObject({
    sections: z.strictObject({
      group: sectionSchema.nullable(),
      assignment_filter: sectionSchema.nullable(),
      scope_tag: sectionSchema.nullable(),
    }),
  }),
});
export type DirectorySections = z.infer<typeof DirectorySynced.data>['sections'];

/** The cached directory of a tenant; only runs of `directory_groups.sync` append to it. */
export const directoryEntity = defineEntity({
  category: 'directory',
  streams: '<tenant>',
  events: [DirectoryObjectsObserved, DirectorySynced],
});
