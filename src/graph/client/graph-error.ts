import { CONNECTION_TROUBLE_WORDS, type ConnectionTrouble } from '../connection-trouble.js';

/** Reasons why there is no token, so that no call to Graph can succeed. */
const SIGN_IN_REASON_CODES = [
  'graph_unauthenticated',
  'credential_refused',
  'credential_expired',
  'app_unknown',
  'directory_unknown',
  'consent_missing',
  'sign_in_blocked',
] as const;
export type SignInReasonCode = (typeof SIGN_IN_REASON_CODES)[number];

/** The reason codes that a failed call to Graph can have; a subset of the product's own list. */
export type GraphReasonCode =
  | SignInReasonCode
  | 'graph_throttled'
  | 'graph_forbidden'
  | 'graph_not_found'
  | 'graph_conflict'
  | 'graph_unavailable'
  | 'validation_failed'
  | 'count_mismatch'
  | 'incomplete_answer'
  | 'unreadable_answer'
  | 'content_too_large'
  | 'storage_unavailable'
  | 'item_budget_exceeded'
  | 'unexpected';

/** What went wrong, in this client's own words, because Graph's words can contain anything. */
export type GraphProblem =
  | 'status'
  | 'network'
  | 'timeout'
  | 'token'
  | 'token_refused'
  | 'token_of_another_directory'
  | 'token_for_another_service'
  | 'sign_in_unavailable'
  | 'sign_in_unreadable'
  | 'no_credential'
  | 'credential_store_away'
  | 'malformed_answer'
  | 'wrong_content_type'
  | 'answer_too_large'
  | 'nested_too_deep'
  | 'no_usable_id'
  | 'count_mismatch'
  | 'incomplete_answer'
  | 'foreign_link'
  | 'paging_loop'
  | 'too_many_pages'
  | 'too_slow'
  | 'redirect'
  | 'read_only';

export interface GraphErrorFacts {
  readonly problem: GraphProblem;
  readonly method: string;
  /** Below the API version, without its query. */
  readonly path: string;
  readonly status?: number | null;
  /** OData's error code, or the system's code for a broken connection; dropped unless it has the form of a code. */
  readonly code?: string | null;
  /** Why the connection failed, when that is known. */
  readonly trouble?: ConnectionTrouble | null;
  /** Dropped unless it is a GUID. */
  readonly requestId?: string | null;
  /** The field of the request's body that a refusal names, or null. */
  readonly refusedField?: string | null;
  /** The wait that the answer asked for, or null. */
  readonly retryAfterMs?: number | null;
  /** The answer says that the tenant has no licence for the resource. */
  readonly lacksLicence?: boolean;
  /** The claims that a refusal of the token demands, as base64 of their JSON, or null. */
  readonly claims?: string | null;
  /** The request may have been carried out: a write whose answer was lost. */
  readonly outcomeUnknown?: boolean;
  /** When Entra refused a token: the reason, and what to do. */
  readonly refusal?: { readonly reasonCode: SignInReasonCode; readonly words: string };
  /** When the number of entries is wrong: the declared and the received number. */
  readonly count?: { readonly declared: number; readonly received: number };
}

const CODE = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const PATH_LENGTH_MAX = 300;

/**
 * A call to Graph failed. Its message consists of known parts only (status, code, request id, path without its
 * query, a field of the request's own body), because Graph's own texts can contain anything.
 */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly reasonCode: GraphReasonCode;
  readonly problem: GraphProblem;
  readonly status: number | null;
  readonly code: string | null;
  readonly requestId: string | null;
  readonly method: string;
  readonly path: string;
  readonly retryAfterMs: number | null;
  readonly claims: string | null;
  readonly lacksLicence: boolean;
  readonly outcomeUnknown: boolean;

  constructor(facts: GraphErrorFacts) {
    const code = facts.code && CODE.test(facts.code) ? facts.code : null;
    const requestId = facts.requestId && GUID.test(facts.requestId) ? facts.requestId : null;
    const path = facts.path.slice(0, PATH_LENGTH_MAX);
    super(describe({ ...facts, code, requestId, path }));
    this.problem = facts.problem;
    this.status = facts.status ?? null;
    this.code = code;
    this.requestId = requestId;
    this.method = facts.method;
    this.path = path;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.claims = facts.claims ?? null;
    this.lacksLicence = facts.lacksLicence ?? false;
    this.outcomeUnknown = facts.outcomeUnknown ?? false;
    this.reasonCode = facts.refusal?.reasonCode ?? reasonCodeOf(facts.problem, this.status);
  }
}

/**
 * Whether every further call of this client would fail in the same way, because there is no token or its
 * credential can't be read.
 */
export function concernsEveryCall({ reasonCode }: { readonly reasonCode: string }): boolean {
  return reasonCode === 'storage_unavailable' || SIGN_IN_REASON_CODES.some((code) => code === reasonCode);
}

/** Codes of answers to a delta link or page link that Graph no longer has the state for. */
const STATE_LOST =
  /^(syncStateNotFound|syncStateInvalid|resyncRequired|Directory_ExpiredPageToken|Directory_.*SyncState.*)$/i;

/**
 * Whether a delta link can't be used any more, so that everything must be read again: it is too old, or it belongs to
 * another server than the client's.
 */
export function isResyncRequired(error: GraphError): boolean {
  if (error.problem === 'foreign_link') return true;
  if (error.problem !== 'status') return false;
  return error.status === 410 || (error.status === 400 && STATE_LOST.test(error.code ?? ''));
}

function reasonCodeOf(problem: GraphProblem, status: number | null): GraphReasonCode {
  switch (problem) {
    case 'status':
      return reasonCodeOfStatus(status ?? 0);
    case 'network':
    case 'timeout':
    case 'sign_in_unavailable':
    case 'sign_in_unreadable':
      return 'graph_unavailable';
    case 'token_refused':
    case 'token_of_another_directory':
    case 'token_for_another_service':
    case 'no_credential':
      return 'graph_unauthenticated';
    case 'credential_store_away':
      return 'storage_unavailable';
    case 'count_mismatch':
    case 'incomplete_answer':
      return problem;
    case 'too_slow':
      return 'item_budget_exceeded';
    case 'answer_too_large':
    case 'nested_too_deep':
      return 'content_too_large';
    case 'malformed_answer':
    case 'wrong_content_type':
    case 'no_usable_id':
    case 'foreign_link':
    case 'paging_loop':
    case 'too_many_pages':
    case 'redirect':
      return 'unreadable_answer';
    // A failed token source counts as a fault of this program, unless it throws a GraphError.
    case 'token':
    case 'read_only':
      return 'unexpected';
  }
}

function reasonCodeOfStatus(status: number): GraphReasonCode {
  if (status === 401) return 'graph_unauthenticated';
  if (status === 403) return 'graph_forbidden';
  if (status === 404 || status === 410) return 'graph_not_found';
  if (status === 409 || status === 412) return 'graph_conflict';
  if (status === 429) return 'graph_throttled';
  if (status === 408 || status === 423 || status >= 500) return 'graph_unavailable';
  if (status >= 400) return 'validation_failed';
  return 'unexpected';
}

const WORDS: Readonly<Record<Exclude<GraphProblem, 'status'>, string>> = {
  network: 'The connection to Graph failed',
  timeout: 'Graph did not answer in time',
  token: 'Getting an access token failed',
  token_refused: 'Entra refused the sign-in',
  token_of_another_directory: 'Entra issued a token for another directory, which is not used',
  token_for_another_service: 'Entra issued a token for another service than Graph, which is not used',
  sign_in_unavailable: 'Entra did not answer',
  sign_in_unreadable: 'The answer to the sign-in can’t be read, as when something that is not Entra answers',
  no_credential: 'The connection of this tenant holds nothing to sign in with',
  credential_store_away: 'The credential could not be read, because the database did not answer',
  malformed_answer: 'Graph answered something that is not well-formed',
  wrong_content_type: 'Something that is not Graph answered',
  answer_too_large: 'Graph answered more than the limit',
  nested_too_deep: 'Graph answered something that is nested deeper than the limit',
  no_usable_id: 'Graph answered an entry without an id that can be asked for',
  count_mismatch: 'Graph answered fewer entries than it declared',
  incomplete_answer: 'Graph answered another number of entries than it declared',
  foreign_link: 'Graph linked to a next page on another server',
  paging_loop: 'Graph linked from page to page in a circle',
  too_many_pages: 'Graph answered more pages than the limit',
  too_slow: 'Graph took longer than one policy may take',
  redirect: 'Graph answered with a redirect, which is not followed',
  read_only: 'A write was refused, because this client may only read',
};

function describe(facts: GraphErrorFacts): string {
  const what = whatHappened(facts);
  const code = facts.code ? ` (${facts.code})` : '';
  const field = facts.refusedField ? ` because of “${facts.refusedField}”` : '';
  const count = facts.count ? `, ${countInWords(facts.count)}` : '';
  const request = facts.requestId ? `, request id ${facts.requestId}` : '';
  const trouble = facts.trouble ? `, because ${CONNECTION_TROUBLE_WORDS[facts.trouble]}` : '';
  if (facts.refusal) return `${what}${code}: ${facts.refusal.words}`;
  return `${what}${code}${field}${count}${trouble}: ${facts.method} ${facts.path}${request}`;
}

function whatHappened({ problem, status }: GraphErrorFacts): string {
  if (problem === 'status') return `Graph answered ${status}`;
  if (problem === 'sign_in_unavailable' && status) return `Entra answered ${status}`;
  return WORDS[problem];
}

/** The two numbers in words, such as "declared 1,000, received 3". */
function countInWords({ declared, received }: NonNullable<GraphErrorFacts['count']>): string {
  const number = (count: number) => count.toLocaleString('en');
  return `declared ${number(declared)}, received ${number(received)}`;
}
