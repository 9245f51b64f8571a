import { z } from 'zod';
import { commandsOf } from '../../ledger/define-command.js';
import { defineEntity } from '../../ledger/define-entity.js';
import { NAME_DECIDES } from '../../mapping/propose.js';
import type { ReferenceKind } from '../../policies/catalogue/policy-type.js';
import { REFERENCE_SOURCES, withArticle } from '../../policies/catalogue/references.js';
import { referenceKey } from '../../policies/references.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import {
  CHANGES_MAX,
  GroupMappingSet,
  MAPPED_ID_LENGTH_MAX,
  MAPPED_NAME_LENGTH_MAX,
  type MappingChange,
} from './mapping-events.js';

/** Most choices of one map. */
const CHOICES_MAX = 5_000;

/** What a person chose for an object that policies refer to. */
export interface MappingChoice {
  readonly kind: string;
  /** The id and the shown name of the object in the tenant that the policies were captured in. */
  readonly id: string;
  readonly name: string | null;
  /** The object that replaces it, with the name that was shown when it was chosen. */
  readonly becomes: NonNullable<MappingChange['becomes']>;
}

/** The choices of a map, by `referenceKey`. */
export type MappingChoices = ReadonlyMap<string, MappingChoice>;

/** The name of an object as maps hold it and as it is compared with them. */
export const mappedName = (name: string): string => bounded(sanitizeText(name), MAPPED_NAME_LENGTH_MAX);

/**
 * What objects of one tenant become in another one, or in the same tenant at a later time. The stream is the tenant's
 * that is restored to; the id is that of the tenant whose policies are restored.
 */
export const mappingEntity = defineEntity({
  category: 'mapping',
  streams: '<tenant>.<source tenant>',
  events: [GroupMappingSet],
  initial: new Map() as MappingChoices,
  evolve(choices, { data }): MappingChoices {
    const next = new Map(choices);
    for (const { becomes, ...object } of data.changes)
      if (becomes === null) next.delete(referenceKey(object));
      else next.set(referenceKey(object), { ...object, becomes });
    return next;
  },
});

const REFERENCE_KINDS = Object.keys(REFERENCE_SOURCES) as ReferenceKind[];
const id = z.string().trim().min(1).max(MAPPED_ID_LENGTH_MAX);
const name = z.string().transform(mappedName).nullable().default(null);

/** Keeps choices for the objects that policies of a tenant refer to; `becomes: null` takes one back. */
export const setMapping = commandsOf(mappingEntity)({
  name: 'mapping.set',
  summary: 'Choose what groups, filters, tags and other objects become in a restore',
  capability: 'backups.manage',
  input: z.strictObject({
    /** The tenant that the policies were captured in; the tenant itself for its own backups. */
    sourceTenantId: z.guid().toLowerCase(),
    changes: z
      .array(
        z.strictObject({
          kind: z.enum(REFERENCE_KINDS),
          id,
          name,
          becomes: z.strictObject({ id, name }).nullable(),
        }),
      )
      .min(1)
      .max(CHANGES_MAX),
  }),
  idOf: ({ sourceTenantId }) => sourceTenantId,
  decide(choices, { changes }) {
    const nameless = changes.find(({ kind, becomes }) => NAME_DECIDES.has(kind) && becomes?.name === null);
    if (nameless)
      return {
        refusal: `Choose ${withArticle(nameless.kind)} whose present name is known, so that another one that gets its id later isn’t taken for it. Refresh the tenant’s groups, filters and tags, and choose it again.`,
      };
    const changed = changes.filter((change) => isChange(choices.get(referenceKey(change)), change));
    if (changed.length === 0) return [];
    if (choices.size + changed.length > CHOICES_MAX)
      return { refusal: `A map holds ${CHOICES_MAX} choices at most. Take back those that nothing needs.` };
    return [{ type: 'GroupMappingSet', data: { changes: changed } }];
  },
});

function isChange(known: MappingChoice | undefined, { name, becomes }: MappingChange): boolean {
  if (becomes === null) return known !== undefined;
  return known?.name !== name || known.becomes.id !== becomes.id || known.becomes.name !== becomes.name;
}
