import { z } from 'zod';
import { defineEvent } from '../../ledger/event-registry.js';
import { count } from '../../wording/number-words.js';

export const MAPPED_ID_LENGTH_MAX = 200;
export const MAPPED_NAME_LENGTH_MAX = 200;
/** Most choices in one event, which takes some 1 KiB each at most. */
export const CHANGES_MAX = 60;

const id = z.string().min(1).max(MAPPED_ID_LENGTH_MAX);
/** The name as it is shown to people; null when it isn't known. */
const name = z.string().max(MAPPED_NAME_LENGTH_MAX).nullable();

export const GroupMappingSet = defineEvent({
  type: 'GroupMappingSet',
  category: 'mapping',
  meaning:
    'A person chose which groups, filters, tags and other objects of this tenant stand for those that policies of a tenant refer to, or took such choices back.',
  words: ({ changes }) => {
    const chosen = changes.filter(({ becomes }) => becomes !== null).length;
    const parts = [
      ...(chosen > 0 ? [`${count(chosen, 'object', 'objects')} mapped`] : []),
      ...(chosen < changes.length ? [`${changes.length - chosen} taken back`] : []),
    ];
    return parts.join(', ');
  },
  data: z.strictObject({
    changes: z
      .array(
        z.strictObject({
          /** `group`, `assignment_filter`, `scope_tag` and the other kinds of references. */
          kind: z.string().max(40),
          /** The id in the tenant that the policies were captured in, and the name at that time. */
          id,
          name,
          /** The object of this tenant; null when the choice was taken back. */
          becomes: z.strictObject({ id, name }).nullable(),
        }),
      )
      .min(1)
      .max(CHANGES_MAX),
  }),
});
export type MappingChange = z.infer<typeof GroupMappingSet.data>['changes'][number];
