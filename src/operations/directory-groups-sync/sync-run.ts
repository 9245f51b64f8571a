import type { OperationServices } from '../operation-services.js';
import type { RunHandle } from '../run-handle.js';
import type { WordsOf } from '../vocabulary.js';
import type { cacheBefore } from './keep-directory.js';
import { GroupPageRead } from './page-events.js';

/** The least permission with which Graph returns groups with their names and no more than their basic properties. */
export const GROUPS_PERMISSION = 'GroupMember.Read.All';

/** Codes, events and links of `directory_groups.sync` besides those of every operation type. */
export const vocabulary = {
  reasonCodes: {
    directory_too_large: {
      kind: 'failure',
      retryable: false,
      meaning: 'The tenant has more groups, filters or scope tags than the cache holds.',
      advice: 'The cache was left as it was. Restores there need their groups chosen by id.',
    },
    changes_without_end: {
      kind: 'failure',
      retryable: true,
      meaning: 'Graph answered page after page of changed groups without coming to an end.',
      advice: 'The cache was left as it was. Start it again later.',
    },
  },
  events: [GroupPageRead],
  linkKinds: ['directory'],
} as const;
export type SyncRun = RunHandle<WordsOf<typeof vocabulary>>;

/** What the parts of a synchronization share. */
export interface Sync {
  readonly run: SyncRun;
  readonly services: OperationServices;
  readonly graph: Awaited<ReturnType<OperationServices['graph']>>;
  readonly before: Awaited<ReturnType<typeof cacheBefore>>;
  /** The source of the data: the directory's id, or an address where no directory is known. */
  readonly source: string;
}
