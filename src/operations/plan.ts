import type { Capability } from '../access/capabilities.js';
import type { JsonObject } from '../ledger/canonical-json.js';
import type { LedgerReader } from '../ledger/ledger.js';
import type { CommonWords, Link, Words } from './vocabulary.js';

/** What the planning of a start may use besides the input. */
export interface PlanServices {
  readonly ledger: LedgerReader;
  readonly tenantId: string;
  /** Whether the tenant has a connection to Graph. */
  readonly connected: boolean;
  /** The credential of that connection; null or left out for one without an id. */
  readonly credentialId?: string | null;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether the person or client that starts the run has a capability in a tenant: in this one, or as a person in another one. */
  readonly allowsIn: (tenantId: string, capability: Capability) => boolean;
}

/** The plan of a run, made from the input of a start. */
export interface Plan<Scope = JsonObject, Context = JsonObject, Own extends Words = Words> {
  /** The fields that form the operation key; without defaults, sets sorted. */
  readonly scope: Scope;
  /** What the handler needs to know of the input and the plan. */
  readonly context: Context;
  readonly title: string;
  readonly total: number | null;
  readonly related: readonly Link<Own>[];
}

export interface Refusal<Own extends Words = CommonWords> {
  readonly code: Own['refusal'];
  /** A sentence for the person who asked; it says what to do next. */
  readonly message: string;
}

export type PlanResult<Scope = JsonObject, Context = JsonObject, Own extends Words = Words> =
  | { readonly plan: Plan<Scope, Context, Own> }
  | { readonly refusal: Refusal<Own> };

/** The refusal of a start that needs Graph, for a tenant without a connection. */
export const NOT_CONNECTED: { readonly refusal: Refusal } = {
  refusal: {
    code: 'not_connected',
    message: 'This tenant has no connection to Microsoft Graph. An owner can connect it.',
  },
};
