import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import { WebError } from '../web-error.js';

/** Why a sign-in with the provider didn't come about. */
export type OidcFailureKind = 'unreachable' | 'misconfigured' | 'declined' | 'invalid';

export class OidcFailure extends Error {
  override readonly name = 'OidcFailure';
  constructor(
    readonly kind: OidcFailureKind,
    /** The library's or the provider's code for it; a word without anything personal. */
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(`sign-in failed: ${kind} (${code})`, options);
  }
}

/** Provider errors that pass by themselves. */
const PASSING = new Set(['server_error', 'temporarily_unavailable']);
/** What the library says when no usable answer came. */
const NO_ANSWER = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT']);
/** What it says of answers that no provider would give: a proxy's page, or another server's. */
const NOT_CONFORM = new Set([
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
]);
/** What it says of answers that don't belong to the sign-in they claim to finish. */
const FOREIGN_ANSWER = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
]);

/** Says what an error of the library means. Errors that are none of its own are thrown on. */
export function oidcFailureOf(error: unknown): OidcFailure {
  if (error instanceof AuthorizationResponseError) {
    return failure(PASSING.has(error.error) ? 'unreachable' : 'declined', error.error, error);
  }
  if (error instanceof ResponseBodyError) {
    if (error.status >= 500 || PASSING.has(error.error)) return failure('unreachable', error.error, error);
    // A code that was used before, has expired or was given for another verifier.
    return failure(error.error === 'invalid_grant' ? 'invalid' : 'misconfigured', error.error, error);
  }
  // How providers refuse the client's own secret.
  if (error instanceof WWWAuthenticateChallengeError)
    return failure('misconfigured', String(error.status), error);
  if (error instanceof ClientError) {
    const code = error.code ?? 'unknown';
    if (NO_ANSWER.has(code) || (NOT_CONFORM.has(code) && isServerError(error.cause)))
      return failure('unreachable', code, error);
    return failure(FOREIGN_ANSWER.has(code) ? 'invalid' : 'misconfigured', code, error);
  }
  // What fetch throws when there is no connection.
  if (error instanceof TypeError && error.cause instanceof Error)
    return failure('unreachable', 'fetch failed', error);
  throw error;
}

/** Another status than a provider's own errors have says that it, or a proxy before it, is ill. */
const isServerError = (answer: unknown): boolean => answer instanceof Response && answer.status >= 500;

function failure(kind: OidcFailureKind, code: string, cause: unknown): OidcFailure {
  return new OidcFailure(kind, /^[\w .-]{1,60}$/.test(code) ? code : 'unknown', { cause });
}

/** The same for whoever wanted to sign in. */
export function webErrorOf({ kind, code }: OidcFailure): WebError {
  switch (kind) {
    case 'unreachable':
      return new WebError(
        'unavailable',
        'The sign-in provider can’t be reached at the moment. Try again in a little while.',
      );
    case 'misconfigured':
      return new WebError(
        'unexpected',
        'The sign-in provider and this installation don’t fit together; whoever runs it finds the cause in its log.',
      );
    case 'declined':
      return new WebError('forbidden', `The sign-in provider did not sign you in (${code}).`);
    case 'invalid':
      return notBegunHere();
  }
}

/** An answer that finishes no sign-in of this browser. */
export const notBegunHere = (): WebError =>
  new WebError(
    'bad_request',
    'This sign-in has expired, was finished before, or was not begun in this browser. Sign in again.',
  );
