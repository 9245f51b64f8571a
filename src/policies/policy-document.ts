import type { JsonObject } from '../ledger/canonical-json.js';

/** A policy as Graph answered it: what is stored, and what everything here reads. */
export interface PolicyDocument {
  /** The policy's own fields. */
  readonly raw: JsonObject;
  /** The rows of its content sub-resource, or null where its type has none. */
  readonly settings: readonly JsonObject[] | null;
  readonly assignments: readonly JsonObject[];
  /**
   * What stands under further addresses of the policy, by name: its child collections and the objects that it links
   * to. A name is missing where that wasn't read, and the whole where the type has none.
   */
  readonly attached?: Attached;
}

export type Attached = Readonly<Record<string, readonly JsonObject[]>>;
