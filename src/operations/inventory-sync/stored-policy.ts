import { z } from 'zod';
import type { GraphPolicy } from '../../graph/client/read-policies.js';
import { canonicalJson, type JsonObject } from '../../ledger/canonical-json.js';

/** A policy as an artifact keeps it: what Graph answered, nothing else. */
export interface StoredPolicy {
  readonly type: string;
  readonly raw: JsonObject;
  readonly settings: readonly JsonObject[] | null;
  readonly assignments: readonly JsonObject[];
}

const jsonObject = z.record(z.string(), z.json());
const schema = z.strictObject({
  type: z.string(),
  raw: jsonObject,
  settings: z.array(jsonObject).nullable(),
  assignments: z.array(jsonObject),
});

/** The bytes of an artifact; equal policies have equal bytes. */
export function encodeStoredPolicy(policy: GraphPolicy): Uint8Array {
  const { raw, settings, assignments } = policy;
  return Buffer.from(canonicalJson({ type: policy.type.name, raw, settings, assignments }));
}

/** Reads an artifact's bytes. Errors: SyntaxError, z.ZodError for what was not written by this program. */
export function decodeStoredPolicy(bytes: Uint8Array): StoredPolicy {
  return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))) as StoredPolicy;
}
