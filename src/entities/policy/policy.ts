import { z } from 'zod';
import { canonicalJson, sha256Hex } from '../../ledger/canonical-json.js';
import { defineEntity } from '../../ledger/define-entity.js';
import { defineEvent } from '../../ledger/event-registry.js';
import { count } from '../../wording/number-words.js';

const KEY_LENGTH = 32;

/** The most places of withheld secrets that a snapshot lists. */
export const WITHHELD_PLACES_MAX = 50;
/** Longest name of such a place, in characters. */
export const WITHHELD_PLACE_LENGTH_MAX = 200;

export const snapshotIdSchema = z
  .string()
  .regex(/^[0-9a-f]{32}-(0|[1-9][0-9]{0,14})$/, 'is not a snapshot id');
const address = z.string().regex(/^[0-9a-f]{64}$/);

export const SnapshotCaptured = defineEvent({
  type: 'SnapshotCaptured',
  category: 'policy',
  meaning: 'A policy was kept whole as a new snapshot; the content itself is in artifacts, named by address.',
  words: ({ name, withheld }) =>
    withheld.count === 0 ? name : `${name}, ${count(withheld.count, 'secret', 'secrets')} withheld`,
  data: z.strictObject({
    policyType: z.string().max(100),
    policyId: z.string().max(200),
    /** The name as it is shown to people. */
    name: z.string().max(500),
    /** Keyed hash of the exact name. */
    nameHash: address,
    /** Address of the artifact that holds the policy as Graph answered it. */
    artifact: address,
    /** Keyed hash of the normalised content without assignments; equal contents of one tenant have equal hashes. */
    contentHash: address,
    assignmentsHash: address,
    /** Version of the comparing rules that the hashes were made with. */
    rulesVersion: z.int().min(1),
    /**
     * Address of the artifact with the names of the objects that the policy referred to; null when it refers to
     * nothing.
     */
    references: address.nullable(),
    /** Secrets that Graph didn't return. */
    withheld: z.strictObject({
      count: z.int().min(0),
      /** The places of the first ones. */
      places: z.array(z.string().max(WITHHELD_PLACE_LENGTH_MAX)).max(WITHHELD_PLACES_MAX),
    }),
    /** Size of the stored policy before compression. */
    bytes: z.int().min(1),
  }),
});

/** The kept versions of one policy. */
export const policyEntity = defineEntity({
  category: 'policy',
  streams: '<tenant>.<policy key>',
  events: [SnapshotCaptured],
});

/**
 * The key of a policy, made of its tenant, its type and its id; the case of an id doesn't matter. The tenant is part of
 * it, because some policies have the same id in every tenant.
 */
export function policyKeyOf(tenantId: string, policyType: string, policyId: string): string {
  return sha256Hex(canonicalJson([tenantId, policyType, policyId.toLowerCase()])).slice(0, KEY_LENGTH);
}

/** The id of a snapshot: `<policy key>-<revision of its event>`. */
export const snapshotIdOf = (policyKey: string, revision: number): string => `${policyKey}-${revision}`;

/** The parts of a snapshot id, or undefined when the text isn't one. */
export function parseSnapshotId(id: string): { policyKey: string; revision: number } | undefined {
  if (!snapshotIdSchema.safeParse(id).success) return undefined;
  return { policyKey: id.slice(0, KEY_LENGTH), revision: Number(id.slice(KEY_LENGTH + 1)) };
}
