import type { JsonObject } from '../../ledger/canonical-json.js';
import { parseExactJson } from '../../ledger/exact-json.js';
import { noAnswer } from '../connection-trouble.js';
import type { ClientParts, GraphCall } from './graph-call.js';
import { GraphError, type GraphErrorFacts } from './graph-error.js';
import { refusedField } from './refused-field.js';
import { askedWaitMs } from './retry-after.js';

export interface GraphRequestSpec {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly body?: JsonObject | undefined;
  /** Whether the request only reads, so that it can be repeated: a GET, or a `$batch` of GETs. */
  readonly reads: boolean;
  /** The paths that a `$batch` reads; each of them counts for Graph's limits, the batch itself does not. */
  readonly batchPaths?: readonly string[];
}

export interface GraphResponse {
  readonly status: number;
  /** Null when there is no content (204). */
  readonly body: JsonObject | null;
}

/** Without this header Graph returns newer enumeration members as `unknownFutureValue`, which can't be compared. */
export const PREFERENCES = { Prefer: 'include-unknown-enum-members' } as const;

const TIMEOUT = Symbol('timeout');
const ERROR_BYTES_MAX = 1024 * 1024;

/** Path below the API version, without its query, as errors show it. */
export function shownPath(parts: ClientParts, url: URL): string {
  return url.pathname.startsWith(parts.root.pathname)
    ? url.pathname.slice(parts.root.pathname.length)
    : '(elsewhere)';
}

/**
 * Sends one request once. Errors: GraphError, or the reason of the caller's signal. The messages of fetch are not
 * passed on, because they can quote headers.
 */
export async function attempt(
  parts: ClientParts,
  call: GraphCall,
  spec: GraphRequestSpec,
  token: string,
): Promise<GraphResponse> {
  const { clock } = parts.options;
  const { signal } = call;
  signal?.throwIfAborted();
  const controller = new AbortController();
  const finished = new AbortController();
  const onAbort = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  void clock.sleep(parts.limits.requestTimeoutMs, finished.signal).then(() => {
    if (!finished.signal.aborted) controller.abort(TIMEOUT);
  });
  const fail = (facts: Pick<GraphErrorFacts, 'problem'> & Partial<GraphErrorFacts>) =>
    new GraphError({
      method: spec.method,
      path: shownPath(parts, spec.url),
      outcomeUnknown: !spec.reads && facts.problem !== 'status',
      ...facts,
    });
  try {
    const response = await (parts.options.fetch ?? fetch)(spec.url, {
      method: spec.method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...PREFERENCES,
        'client-request-id': call.clientRequestId ?? parts.options.chance.uuid(),
        ...(spec.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(call.ifMatch === undefined ? {} : { 'if-match': call.ifMatch }),
      },
      body: spec.body === undefined ? null : JSON.stringify(spec.body),
      redirect: 'manual',
      signal: controller.signal,
    });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw fail({ problem: 'redirect', status: response.status });
    }
    const bytesMax = response.ok ? parts.limits.responseBytesMax : ERROR_BYTES_MAX;
    const text = await readText(response, bytesMax);
    const requestId = response.headers.get('request-id');
    if (text === TOO_LARGE) throw fail({ problem: 'answer_too_large', status: response.status, requestId });
    if (!response.ok)
      throw fail({
        problem: 'status',
        status: response.status,
        code: text === NOT_UTF8 ? null : odataErrorCode(text),
        refusedField: refusedField(response.status, text === NOT_UTF8 ? null : text, spec.body),
        requestId,
        retryAfterMs: askedWaitMs((name) => response.headers.get(name), clock.now()),
        claims: demandedClaims(response.headers.get('www-authenticate')),
        lacksLicence: text !== NOT_UTF8 && saysUnlicensed(response.status, text),
        outcomeUnknown: !spec.reads && (response.status >= 500 || response.status === 408),
      });
    if (text === NOT_UTF8) throw fail({ problem: 'malformed_answer', status: response.status, requestId });
    if (text === '') return { status: response.status, body: null };
    if (!/[/+]json\b/i.test(response.headers.get('content-type') ?? ''))
      throw fail({ problem: 'wrong_content_type', status: response.status, requestId });
    const body = parseObject(text);
    if (body === null) throw fail({ problem: 'malformed_answer', status: response.status, requestId });
    return { status: response.status, body };
  } catch (error) {
    if (error instanceof GraphError) throw error;
    if (signal?.aborted) throw signal.reason;
    if (controller.signal.reason === TIMEOUT) throw fail({ problem: 'timeout' });
    throw fail({ problem: 'network', ...noAnswer(error) });
  } finally {
    signal?.removeEventListener('abort', onAbort);
    finished.abort();
    controller.abort();
  }
}

const TOO_LARGE = Symbol('too large');
const NOT_UTF8 = Symbol('not UTF-8');

/** Reads the body as text, up to the limit. Errors: those of the connection. */
async function readText(
  response: Response,
  bytesMax: number,
): Promise<string | typeof TOO_LARGE | typeof NOT_UTF8> {
  if (Number(response.headers.get('content-length') ?? 0) > bytesMax) return TOO_LARGE;
  if (!response.body) return '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decoded = (chunk?: Uint8Array): string | null => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch {
      return null;
    }
  };
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) return TOO_LARGE;
    const part = decoded(chunk);
    if (part === null) return NOT_UTF8;
    text += part;
  }
  const rest = decoded();
  return rest === null ? NOT_UTF8 : text + rest;
}

/** An escape for half of a surrogate pair, which neither the log nor PostgreSQL accepts. */
const LONE_SURROGATE_ESCAPE =
  /(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f][0-9a-f]{2}|\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f][0-9a-f]{2})/i;

function wellFormed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_key, entry: unknown) =>
    typeof entry === 'string' ? entry.toWellFormed() : entry,
  );
}

/** Parses the text of a JSON object; null for anything else. Integers beyond 2^53 become texts. */
function parseObject(text: string): JsonObject | null {
  try {
    const parsed = parseExactJson(text);
    const value = LONE_SURROGATE_ESCAPE.test(text) ? wellFormed(parsed) : parsed;
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as JsonObject)
      : null;
  } catch {
    return null;
  }
}

const CLAIMS = /\bclaims="([A-Za-z0-9+/_=-]{1,4000})"/;

/**
 * The claims that a `WWW-Authenticate` header demands of the next token (a claims challenge), as base64 of their
 * JSON, or null.
 */
export function demandedClaims(header: string | null): string | null {
  return CLAIMS.exec(header ?? '')?.[1] ?? null;
}

/** OData's code in an error body, or null; the message is not read. */
export function odataErrorCode(body: string | unknown): string | null {
  const parsed = typeof body === 'string' ? parseObject(body) : body;
  if (parsed === null || typeof parsed !== 'object' || !('error' in parsed)) return null;
  const { error } = parsed;
  if (error === null || typeof error !== 'object' || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** Graph has no error code for a missing licence, so it is recognised by the message. */
const UNLICENSED = /not applicable to target tenant|not licensed|\blicen[cs]e\b/i;

/** Whether a refusal says that the tenant has no licence. The message is used for nothing else. */
export function saysUnlicensed(status: number, body: string | unknown): boolean {
  if (status !== 400 && status !== 403) return false;
  const parsed = typeof body === 'string' ? parseObject(body) : body;
  if (parsed === null || typeof parsed !== 'object' || !('error' in parsed)) return false;
  const { error } = parsed;
  if (error === null || typeof error !== 'object' || !('message' in error)) return false;
  return typeof error.message === 'string' && UNLICENSED.test(error.message);
}
