import { z } from 'zod';
import { canonicalJson } from '../ledger/canonical-json.js';
import type { PolicyType } from './catalogue/policy-types.js';
import type { PolicyDocument } from './policy-document.js';

/** A policy as it is stored in an artifact: Graph's answer and nothing else. */
export interface StoredPolicy extends PolicyDocument {
  /** Stable name of its type in the catalogue. */
  readonly type: string;
}

const jsonObject = z.record(z.string(), z.json());
const schema = z.strictObject({
  type: z.string(),
  raw: jsonObject,
  settings: z.array(jsonObject).nullable(),
  assignments: z.array(jsonObject),
  attached: z.record(z.string(), z.array(jsonObject)).optional(),
});

/** The bytes of an artifact; equal policies have equal bytes. */
export function encodeStoredPolicy(
  type: PolicyType,
  { raw, settings, assignments, attached }: PolicyDocument,
): Uint8Array {
  const whole = { type: type.name, raw, settings, assignments, ...(attached && { attached }) };
  return Buffer.from(canonicalJson(whole));
}

/** Reads the bytes of an artifact. Errors: SyntaxError or z.ZodError for bytes that this program didn't write. */
export function decodeStoredPolicy(bytes: Uint8Array): StoredPolicy {
  return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))) as StoredPolicy;
}
