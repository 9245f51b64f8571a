import type { z } from 'zod';
import type { JsonObject } from '../ledger/canonical-json.js';
import { isJsonObject } from '../ledger/json-values.js';
import type { ReasonCodes } from '../runs/reason-codes.js';
import { bounded, LABEL_LENGTH_MAX } from '../runs/run-events.js';
import { sanitizeText } from '../sanitize/index.js';
import { type OperationType, START_CAPABILITY } from './operation-type.js';
import type { PlanResult } from './plan.js';

/**
 * A type whose runs an outside program (a producer) carries out over HTTP: it claims a run, reports items and ends
 * the run. No worker has a handler for it, so its runs are offered to producers and not sent to the bus.
 */
export interface ExternalOperation extends OperationType {
  readonly carriedOutBy: 'producer';
  /** A producer that is silent for this long counts as lost, and its run is aborted; milliseconds. */
  readonly silenceMs: number;
}

/** Long enough for a producer that sends a heartbeat every ten seconds and loses a few of them. */
export const SILENCE_MS = 60_000;
export const CLAIM_WITHIN_MS = 15 * 60_000;
const TITLE_SCOPE_LENGTH_MAX = 200;

/**
 * Declares an operation type that outside producers carry out. `scope` names the input fields that form the
 * operation key: all fields by default; an empty list allows one run at a time in a tenant.
 */
export function defineExternalOperation(definition: {
  readonly type: string;
  readonly version?: number | undefined;
  readonly label: string;
  readonly description: string;
  readonly itemisedBy: string;
  readonly input: z.ZodType;
  readonly scope?: readonly string[] | undefined;
  readonly reasonCodes?: ReasonCodes | undefined;
  readonly linkKinds?: readonly string[] | undefined;
  readonly silenceMs?: number | undefined;
  readonly claimWithinMs?: number | undefined;
}): ExternalOperation {
  const { type, label, description, itemisedBy, input, scope } = definition;
  return {
    carriedOutBy: 'producer',
    type,
    version: definition.version ?? 1,
    label,
    description,
    itemisedBy,
    input,
    reasonCodes: definition.reasonCodes ?? {},
    events: [],
    linkKinds: definition.linkKinds ?? [],
    silenceMs: definition.silenceMs ?? SILENCE_MS,
    waitLimitMs: definition.claimWithinMs ?? CLAIM_WITHIN_MS,
    schedulable: undefined,
    withoutInput: undefined,
    capability: () => START_CAPABILITY,
    plan: async (given) =>
      isJsonObject(given) ? planOf(label, given, scope) : invalid('The input is not an object.'),
  };
}

function planOf(label: string, input: JsonObject, scopeFields: readonly string[] | undefined): PlanResult {
  const scope: JsonObject = scopeFields ? pick(input, scopeFields) : input;
  return { plan: { scope, context: input, title: titleOf(label, scope), total: null, related: [] } };
}

const invalid = (message: string): PlanResult => ({ refusal: { code: 'invalid_input', message } });

function pick(input: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(input).filter(([field, value]) => fields.includes(field) && value !== undefined),
  );
}

/** The label with the scope's plain values, for lists and search: "Certificate renewal (vault prod)". */
function titleOf(label: string, scope: JsonObject): string {
  const values = Object.entries(scope)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
    .map(([field, value]) => `${field} ${value}`)
    .join(', ');
  const title = values === '' ? label : `${label} (${bounded(values, TITLE_SCOPE_LENGTH_MAX)})`;
  return bounded(sanitizeText(title), LABEL_LENGTH_MAX);
}
