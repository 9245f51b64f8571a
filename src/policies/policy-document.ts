import type { JsonObject } from '../ledger/canonical-json.js';

/** A policy as Graph answered it. It is stored in this form, and all comparing begins with it. */
export interface PolicyDocument {
  /** The policy's own fields. */
  readonly raw: JsonObject;
  /** The rows of its content sub-resource, or null when its type has none. */
  readonly settings: readonly JsonObject[] | null;
  readonly assignments: readonly JsonObject[];
  /**
   * The content at further addresses of the policy, by name: its child collections and the objects that it links
   * to. A name is missing when its content wasn't read; the field is missing when the type has no such content.
   */
  readonly attached?: Attached;
}

export type Attached = Readonly<Record<string, readonly JsonObject[]>>;
