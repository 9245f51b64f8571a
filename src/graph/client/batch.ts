import type { JsonObject } from '../../ledger/canonical-json.js';
import { errorCode } from './attempt.js';
import type { ClientParts } from './graph-call.js';
import { GraphError } from './graph-error.js';
import { type BudgetedCall, isTransient, request, waitOut } from './request.js';
import { retryAfterMs } from './retry-after.js';

/** What Graph takes in one `$batch`. */
export const BATCH_REQUESTS_MAX = 20;

/** The answer to one read inside a batch. */
export type BatchResult = { readonly body: JsonObject } | { readonly error: GraphError };

/**
 * Reads up to twenty paths (below the API version, with their queries) in one request, and answers in their
 * order. Each inner answer has its own status: those that were throttled or met a server error are asked
 * again, alone, while the others are kept. Errors: GraphError where the batch itself fails or the budget for
 * waiting is spent; the signal's reason.
 */
export async function readBatch(
  parts: ClientParts,
  call: BudgetedCall,
  paths: readonly string[],
): Promise<readonly BatchResult[]> {
  const results = new Map<number, BatchResult>();
  let open = paths.map((_, index) => index);
  for (let failures = 1; open.length > 0; failures++) {
    const answers = await sendBatch(parts, call, paths, open);
    const again: number[] = [];
    let hardest: GraphError | null = null;
    for (const index of open) {
      const result = resultOf(parts, answers.get(String(index)), paths[index] ?? '');
      results.set(index, result);
      if (!('error' in result) || !isWorthAsking(result.error, failures, parts)) continue;
      again.push(index);
      hardest = harder(hardest, result.error);
    }
    open = again;
    if (hardest !== null) await waitOut(parts, call, hardest, { failures, reads: true });
  }
  return paths.map((_, index) => results.get(index) ?? missing(paths[index] ?? ''));
}

async function sendBatch(
  parts: ClientParts,
  call: BudgetedCall,
  paths: readonly string[],
  open: readonly number[],
): Promise<Map<string, JsonObject>> {
  const requests = open.map((index) => ({ id: String(index), method: 'GET', url: `/${paths[index]}` }));
  const url = new URL('$batch', parts.root);
  const { body } = await request(parts, call, { method: 'POST', url, body: { requests }, reads: true });
  const responses = body?.responses;
  const answers = new Map<string, JsonObject>();
  for (const entry of Array.isArray(responses) ? responses : [])
    if (entry !== null && typeof entry === 'object' && !Array.isArray(entry))
      answers.set(String(entry.id), entry);
  return answers;
}

function resultOf(parts: ClientParts, answer: JsonObject | undefined, path: string): BatchResult {
  if (answer === undefined) return missing(path);
  const { status, headers, body } = answer;
  if (status === 200 && body !== null && typeof body === 'object' && !Array.isArray(body)) return { body };
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
      code: errorCode(body),
      requestId: header('request-id'),
      retryAfterMs: retryAfterMs(header('retry-after'), parts.options.clock.now()),
      method: 'GET',
      path: withoutQuery(path),
    }),
  };
}

function isWorthAsking(error: GraphError, failures: number, parts: ClientParts): boolean {
  if (error.reasonCode === 'graph_throttled') return true;
  return isTransient(error) && failures < parts.limits.attemptsMax;
}

/** Throttling before anything else, then whichever asks for the longer pause. */
function harder(one: GraphError | null, other: GraphError): GraphError {
  if (one === null) return other;
  const throttled = (error: GraphError) => (error.reasonCode === 'graph_throttled' ? 1 : 0);
  if (throttled(one) !== throttled(other)) return throttled(one) ? one : other;
  return (other.retryAfterMs ?? 0) > (one.retryAfterMs ?? 0) ? other : one;
}

function missing(path: string): BatchResult {
  return { error: new GraphError({ problem: 'malformed_answer', method: 'GET', path: withoutQuery(path) }) };
}

function withoutQuery(path: string): string {
  return path.split('?')[0] ?? '';
}
