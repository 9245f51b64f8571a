import { z } from 'zod';
import { snapshotIdSchema } from '../../entities/policy/policy.js';
import { defineEvent } from '../../ledger/event-registry.js';
import { connectedDirectorySchema } from '../../tenancy/connected-directory.js';
import { count } from '../../wording/number-words.js';
import { evidenceSchema } from '../drift-generate/drift-events.js';

/**
 * What a restore would do with one policy:
 * - `create`: nothing of it is there, so it would be created;
 * - `update`: the policy is there and would be changed;
 * - `recreated`: a policy of another id has its type and name; that one would be changed;
 * - `leave`: there is nothing to write;
 * - `ambiguous`: several policies have its type and name, so nobody can say which one is meant;
 * - `blocked`: it can't be restored as things are; the limits say why;
 * - `not_supported`: policies of this type can't be written.
 */
export const RESTORE_ACTIONS = [
  'create',
  'update',
  'recreated',
  'leave',
  'ambiguous',
  'blocked',
  'not_supported',
] as const;
export type RestoreAction = (typeof RESTORE_ACTIONS)[number];

export const LIMITS_MAX = 50;
/** Most references that a plan shows. */
export const REFERENCES_MAX = 100;
/** Most references that have a digest each in a plan; more have one digest together. */
export const DIGESTED_SINGLY_MAX = 4_000;
/** Length of the digest of one reference in hex digits. */
export const REFERENCE_DIGEST_LENGTH = 8;
export const REFERENCES_DIGEST_LENGTH_MAX = DIGESTED_SINGLY_MAX * REFERENCE_DIGEST_LENGTH;
export const NAMESAKES_MAX = 50;
export const LIMIT_FIELD_LENGTH_MAX = 300;
export const LIMIT_REASON_LENGTH_MAX = 300;
export const REFERENCE_NAME_LENGTH_MAX = 200;
/** Most bytes of plans in one event; an event aims to stay below 64 KiB. */
export const PLANS_EVENT_BYTES_MAX = 60 * 1024;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const id = z.string().max(200);

/** What a reference of the snapshot becomes in the tenant. */
const REFERENCE_RESOLUTIONS = [
  /** The object is there, with the same id and name. */
  'same',
  /** Another id: of the object of the same name, or the one that a person chose. */
  'mapped',
  /** The restore itself writes the object before. */
  'restored_before',
  /** Nobody knows what it is now. */
  'missing',
] as const;

export const plannedPolicySchema = z.strictObject({
  /** The key of the policy. */
  itemId: z.string().max(300),
  snapshot: snapshotIdSchema,
  policyType: z.string().max(100),
  policyId: id,
  /** The name as it is shown to people. */
  name: z.string().max(500),
  action: z.enum(RESTORE_ACTIONS),
  /** The policy that would be changed, or null when there is none. */
  liveId: id.nullable(),
  /** Keyed hashes of what is there now, to find out later whether it has changed. */
  liveHashes: z.strictObject({ contentHash: hash, assignmentsHash: hash }).nullable(),
  /** Ids of the other policies of its type and name that are there when it would be created; missing for none. */
  namesakes: z.array(id).max(NAMESAKES_MAX).optional(),
  /** Which parts of the snapshot would be written; missing in what older programs wrote down. */
  includes: z.strictObject({ assignments: z.boolean(), scopeTags: z.boolean() }).optional(),
  /** Policies of a lower rank are written first. */
  rank: z.int().min(0),
  /** How many requests would be sent. */
  writes: z.int().min(0),
  /** What can't be set as it was. */
  limits: z
    .array(
      z.strictObject({
        kind: z.string().max(40),
        field: z.string().max(LIMIT_FIELD_LENGTH_MAX),
        reason: z.string().max(LIMIT_REASON_LENGTH_MAX),
        /** Whether the policy can't be restored because of it. */
        blocks: z.boolean(),
      }),
    )
    .max(LIMITS_MAX),
  references: z
    .array(
      z.strictObject({
        kind: z.string().max(40),
        id,
        /** The name at the time of the snapshot, as it is shown to people; null when it wasn't known. */
        name: z.string().max(REFERENCE_NAME_LENGTH_MAX).nullable(),
        /** Keyed hash of the exact name; null when the name wasn't known. */
        nameHash: hash.nullable(),
        becomes: id.nullable(),
        resolution: z.enum(REFERENCE_RESOLUTIONS),
      }),
    )
    .max(REFERENCES_MAX),
  /** What all references become, as `digestsOf` tells it; missing where `references` has all of them. */
  referencesDigest: z
    .string()
    .regex(/^[0-9a-f]*$/)
    .max(REFERENCES_DIGEST_LENGTH_MAX)
    .optional(),
  /** From what is there now to the snapshot; null when nothing would be changed. */
  evidence: evidenceSchema.nullable(),
});
export type PlannedPolicy = z.infer<typeof plannedPolicySchema>;

/** Changes each reference of a plan of an older version. */
const eachReference =
  (change: (reference: Readonly<Record<string, unknown>>) => object) =>
  (data: unknown): unknown => {
    const { policies, ...rest } = data as {
      readonly policies: readonly { readonly references: readonly Record<string, unknown>[] }[];
    };
    return {
      ...rest,
      policies: policies.map((policy) => ({ ...policy, references: policy.references.map(change) })),
    };
  };

export const RestorePlanned = defineEvent({
  type: 'RestorePlanned',
  category: 'operation',
  // Version 5 added the included parts and the digests of references.
  version: 5,
  meaning:
    'What a restore would do with policies of a backup set, with sanitized evidence; nothing was written.',
  words: ({ policies }) => count(policies.length, 'policy planned', 'policies planned'),
  data: z.strictObject({
    setId: z.guid(),
    /** Version of the comparing rules that the hashes were made with. */
    rulesVersion: z.int().min(1),
    /** The directory that was read; null in what older programs wrote down. */
    directory: connectedDirectorySchema.nullable(),
    policies: z.array(plannedPolicySchema).min(1).max(500),
  }),
  upcasters: {
    1: eachReference((reference) => ({ ...reference, nameHash: null })),
    2: eachReference(({ fate, ...reference }) => ({ ...reference, resolution: fate })),
    3: (data) => ({ directory: null, ...(data as object) }),
    4: (data) => data,
  },
});
