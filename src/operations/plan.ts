import type { JsonObject } from '../ledger/canonical-json.js';
import type { LedgerReader } from '../ledger/ledger.js';
import type { CommonWords, Link, Words } from './vocabulary.js';

/** What a start must know besides its input. */
export interface PlanServices {
  readonly ledger: LedgerReader;
  readonly tenantId: string;
  /** Whether the tenant has a connection to Graph. */
  readonly connected: boolean;
}

/** How an input becomes a run. */
export interface Plan<Scope = JsonObject, Context = JsonObject, Own extends Words = Words> {
  /** What enters the key: defaults dropped, sets sorted. */
  readonly scope: Scope;
  /** What the handler needs besides. */
  readonly context: Context;
  readonly title: string;
  readonly total: number | null;
  readonly related: readonly Link<Own>[];
}

export interface Refusal<Own extends Words = CommonWords> {
  readonly code: Own['refusal'];
  /** In words for the person who asked, saying what to do next. */
  readonly message: string;
}

export type PlanResult<Scope = JsonObject, Context = JsonObject, Own extends Words = Words> =
  | { readonly plan: Plan<Scope, Context, Own> }
  | { readonly refusal: Refusal<Own> };
