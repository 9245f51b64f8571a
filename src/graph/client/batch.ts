import type { JsonObject } from '../../ledger/canonical-json.js';
import { limitOf } from '../request-limits.js';
import { demandedClaims, odataErrorCode, PREFERENCES, saysUnlicensed } from './attempt.js';
import type { ClientParts } from './graph-call.js';
import { GraphError } from './graph-error.js';
import {
  type BudgetedCall,
  type CallToken,
  newCallToken,
  pauseAfter,
  type RetryCounts,
  renewsAfter,
  request,
  waitOut,
} from './request.js';
import { askedWaitMs } from './retry-after.js';

/** Most requests that Graph accepts in one `$batch`. */
export const BATCH_REQUESTS_MAX = 20;

/** The answer to one read inside a batch. */
export type BatchResult = { readonly body: JsonObject } | { readonly error: GraphError };

/** One path of a batch and its result so far. */
interface BatchEntry {
  readonly id: string;
  readonly path: string;
  readonly retries: RetryCounts;
  result: BatchResult;
}

/**
 * Reads up to twenty paths (below the API version, with their queries) in one request, and returns the results in
 * their order. Each inner answer has its own status. Paths that were throttled, met a server error or were refused
 * because the token expired are requested again; the other answers are kept. Errors: GraphError when the batch
 * itself fails or the wait budget is spent; the signal's reason.
 */
export async function readBatch(
  parts: ClientParts,
  call: BudgetedCall,
  paths: readonly string[],
): Promise<readonly BatchResult[]> {
  const entries = paths.map(
    (path, index): BatchEntry => ({
      id: String(index),
      path,
      retries: { failures: 0, waits: 0 },
      result: missing(path),
    }),
  );
  const token = newCallToken();
  for (let open = entries; open.length > 0; ) {
    const answers = await sendBatch(parts, call, open, token);
    for (const entry of open) entry.result = resultOf(parts, answers.get(entry.id), entry.path);
    open = await openAfter(parts, call, open, token);
  }
  return entries.map(({ result }) => result);
}

async function sendBatch(
  parts: ClientParts,
  call: BudgetedCall,
  entries: readonly BatchEntry[],
  token: CallToken,
): Promise<Map<string, JsonObject>> {
  const requests = entries.map(({ id, path }) => ({
    id,
    method: 'GET',
    url: `/${path}`,
    headers: PREFERENCES,
  }));
  const url = new URL('$batch', parts.root);
  const batchPaths = entries.map(({ path }) => path);
  const spec = { method: 'POST', url, body: { requests }, reads: true, batchPaths } as const;
  const { body } = await request(parts, call, spec, token);
  const responses = body?.responses;
  const answers = new Map<string, JsonObject>();
  for (const entry of Array.isArray(responses) ? responses : [])
    if (entry !== null && typeof entry === 'object' && !Array.isArray(entry))
      answers.set(String(entry.id), entry);
  return answers;
}

/** Waits for the longest pause that an entry needs, and returns the entries to request again. */
async function openAfter(
  parts: ClientParts,
  call: BudgetedCall,
  asked: readonly BatchEntry[],
  token: CallToken,
): Promise<BatchEntry[]> {
  const open: BatchEntry[] = [];
  /** Whether the token is renewed, which is decided by the first path for which it was refused. */
  let renews: boolean | undefined;
  let longest: Pause | null = null;
  for (const entry of asked) {
    if (!('error' in entry.result)) continue;
    const { error } = entry.result;
    if (error.status === 401) renews ??= renewsAfter(token, error);
    if (error.status === 401 && renews) {
      open.push(entry);
      continue;
    }
    const pauseMs = pauseAfter(parts, error, entry.retries, {
      asksToWait: asksToWait(error),
      reads: true,
    });
    if (pauseMs === null) continue;
    open.push(entry);
    longest = longerPause(longest, { error, pauseMs });
  }
  if (longest !== null) {
    const { error, pauseMs } = longest;
    await waitOut(parts, call, { error, pauseMs, limit: limitOf('GET', error.path) });
  }
  return open;
}

/** Whether Graph asks for a wait. A 503 of a single path without a `Retry-After` counts as a failure. */
function asksToWait({ status, retryAfterMs }: GraphError): boolean {
  return status === 429 || (status === 503 && retryAfterMs !== null);
}

interface Pause {
  readonly error: GraphError;
  readonly pauseMs: number;
}

/**
 * The longer of the two pauses. If one of the errors is a throttling, it is kept as the reason, because it makes the
 * whole tenant wait.
 */
function longerPause(one: Pause | null, other: Pause): Pause {
  if (one === null) return other;
  const error = one.error.status === 429 || other.error.status !== 429 ? one.error : other.error;
  return { error, pauseMs: Math.max(one.pauseMs, other.pauseMs) };
}

function resultOf(parts: ClientParts, answer: JsonObject | undefined, path: string): BatchResult {
  if (answer === undefined) return missing(path);
  const { status, headers, body } = answer;
  if (status === 200 && body !== null && typeof body === 'object' && !Array.isArray(body)) return { body };
  // An answer without content means that nothing is at this address, as for a profile without a linked certificate.
  if (status === 204) return { body: {} };
  const header = (name: string): string | null => {
    if (headers === null || typeof headers !== 'object' || Array.isArray(headers)) return null;
    const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
    return typeof found === 'string' || typeof found === 'number' ? String(found) : null;
  };
  const known = typeof status === 'number' && status >= 400 && status <= 599;
  return {
    error: new GraphError({
      problem: known ? 'status' : 'malformed_answer',
      status: known ? status : null,
      code: odataErrorCode(body),
      requestId: header('request-id'),
      retryAfterMs: askedWaitMs(header, parts.options.clock.now()),
      claims: demandedClaims(header('www-authenticate')),
      lacksLicence: known && saysUnlicensed(status, body),
      method: 'GET',
      path: withoutQuery(path),
    }),
  };
}

function missing(path: string): BatchResult {
  return { error: new GraphError({ problem: 'malformed_answer', method: 'GET', path: withoutQuery(path) }) };
}

function withoutQuery(path: string): string {
  return path.split('?')[0] ?? '';
}
