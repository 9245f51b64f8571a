import type { Json, JsonObject } from '../../ledger/canonical-json.js';
import { childrenOf, type PolicyType } from '../catalogue/policy-types.js';
import type { PolicyWriting } from '../catalogue/policy-writing.js';
import type { PolicyDocument } from '../policy-document.js';
import type { WriteInput, WriteLimit, WriteRequest } from './write-plan.js';

/** What is known when the requests of a policy are drafted. */
export interface DraftInput extends WriteInput {
  readonly writing: PolicyWriting;
  /** The wanted state of the policy. */
  readonly wanted: PolicyDocument;
}

/** The requests of one policy, before the checks that may forbid them. */
export interface Draft {
  readonly requests: readonly WriteRequest[];
  readonly limits: readonly WriteLimit[];
  /** The places whose references are written. */
  readonly written: ReadonlySet<string>;
  /** The fields that are sent, as they were captured. */
  readonly sent: JsonObject;
}

/** Limits for fields and child collections that a restore doesn't write. */
export function readOnlyLimits(
  type: PolicyType,
  raw: JsonObject,
  fields: Iterable<string>,
): readonly WriteLimit[] {
  const children = childrenOf(type, raw);
  return [...fields].map((field) => ({
    kind: 'set_by_graph',
    field,
    reasonCode: null,
    reason: children.some(({ name }) => name === field)
      ? `“${field}” are objects of their own, which a restore doesn’t write.`
      : `Graph doesn’t take “${field}” from a client, so it isn’t set as it was.`,
  }));
}

/** The limit of a field with a past date; `what` names the date for a person. */
export function pastDateLimit(field: string, what: string): WriteLimit {
  return {
    kind: 'past_date',
    field,
    reasonCode: null,
    reason: `“${field}” holds a date that is past, and Graph takes only dates ahead: ${what}`,
  };
}

/** The values of some fields; null for one that is missing. */
export function pick(raw: JsonObject, fields: Iterable<string>): JsonObject {
  return Object.fromEntries([...fields].map((field): [string, Json] => [field, raw[field] ?? null]));
}
