import type { GraphObject, GraphValue } from './graph-value.js';

/** A request to the simulated Graph, after tenant and API version were read from its address. */
export interface GraphRequest {
  readonly method: string;
  /** Below the API version, without a leading slash, percent signs decoded segment by segment. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly body: GraphValue | undefined;
  /** Whether it has the header `Prefer: include-unknown-enum-members`. */
  readonly allMembers: boolean;
  /** The version that a write expects, from its header `If-Match`, or null. */
  readonly ifMatch: string | null;
  /** The beginning of `@odata.nextLink`: origin, tenant prefix and API version. */
  readonly base: string;
}

export interface GraphAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Null sends no body (204). */
  readonly body: GraphObject | null;
}

/** An answer with a body, or null for none, and headers. */
export function graphAnswer(
  status: number,
  body: GraphObject | null,
  headers: Record<string, string> = {},
): GraphAnswer {
  return { status, headers, body };
}

/** An error in Graph's form; the ids and the date are added when it is sent. */
export function odataError(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): GraphAnswer {
  return graphAnswer(status, { error: { code, message } }, headers);
}

export interface AnswerIdentity {
  readonly requestId: string;
  readonly clientRequestId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Adds the request's ids and date to the body of an error, as in every Graph error. */
export function identified(body: GraphObject | null, identity: AnswerIdentity): GraphObject | null {
  const error = body?.error;
  if (!error || typeof error !== 'object' || Array.isArray(error)) return body;
  const innerError = {
    // Graph writes the date without a time zone.
    date: new Date(identity.at).toISOString().slice(0, 19),
    'request-id': identity.requestId,
    'client-request-id': identity.clientRequestId,
  };
  return { ...body, error: { ...error, innerError } };
}

/** An error in Intune's form, with JSON as its message. */
export function intuneError(status: number, code: string, message: string, activityId: string): GraphAnswer {
  const nested = JSON.stringify({
    _version: 3,
    Message: `${message} - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: ${activityId}`,
    CustomApiErrorPhrase: '',
    RetryAfter: null,
    ErrorSourceService: '',
    HttpHeaders: '{}',
  });
  return odataError(status, code, nested);
}
