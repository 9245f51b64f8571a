import type { JsonObject } from '../ledger/canonical-json.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Related } from '../runs/run-events.js';

/** What a start must know besides its input. */
export interface PlanServices {
  readonly ledger: Ledger;
  readonly tenantId: string;
  /** Whether the tenant has a connection to Graph. */
  readonly connected: boolean;
}

/** How an input becomes a run. */
export interface Plan {
  /** What enters the key: defaults dropped, sets sorted. */
  readonly scope: JsonObject;
  /** What the handler needs besides. */
  readonly context: JsonObject;
  readonly title: string;
  readonly total: number | null;
  readonly related: readonly Related[];
}

export interface Refusal {
  readonly code: string;
  /** In words for the person who asked, saying what to do next. */
  readonly message: string;
}

export type PlanResult = { readonly plan: Plan } | { readonly refusal: Refusal };
