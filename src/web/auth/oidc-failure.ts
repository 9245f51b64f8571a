import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import { WebError } from '../web-error.js';

/** Why a sign-in with the provider failed. */
export type OidcFailureKind =
  | 'unreachable'
  | 'misconfigured'
  | 'declined'
  | 'invalid'
  | 'clocks_apart'
  | 'ended';

export class OidcFailure extends Error {
  override readonly name = 'OidcFailure';
  constructor(
    readonly kind: OidcFailureKind,
    /** The code from the library or the provider. It contains nothing personal. */
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(`sign-in failed: ${kind} (${code})`, options);
  }
}

/** Errors of the provider that are temporary. */
const TEMPORARY = new Set(['server_error', 'temporarily_unavailable']);
/** Codes of the library for a missing answer. */
const NO_ANSWER = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT']);
/**
 * Codes of the library for answers that don't follow OpenID Connect, such as a page of a proxy or of another server.
 */
const NOT_CONFORM = new Set([
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
]);
/** Codes of the library for answers that belong to another sign-in. */
const MISMATCHED_ANSWER = new Set(['OAUTH_INVALID_RESPONSE', 'OAUTH_JWT_CLAIM_COMPARISON_FAILED']);
/** Code of the library for an ID token that isn't valid yet or no longer, although it was issued just now. */
const WRONG_TIME = 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED';

/** Turns an error of the library into an OidcFailure. Throws any other error again. */
export function oidcFailureOf(error: unknown): OidcFailure {
  if (error instanceof OidcFailure) return error;
  if (error instanceof AuthorizationResponseError) {
    return failure(TEMPORARY.has(error.error) ? 'unreachable' : 'declined', error.error, error);
  }
  if (error instanceof ResponseBodyError) {
    if (error.status >= 500 || TEMPORARY.has(error.error)) return failure('unreachable', error.error, error);
    // `invalid_grant`: the code was used before, has expired or belongs to another verifier.
    return failure(error.error === 'invalid_grant' ? 'invalid' : 'misconfigured', error.error, error);
  }
  // Providers answer this when they refuse the client's secret.
  if (error instanceof WWWAuthenticateChallengeError)
    return failure('misconfigured', String(error.status), error);
  if (error instanceof ClientError) {
    const code = error.code ?? 'unknown';
    if (NO_ANSWER.has(code) || (NOT_CONFORM.has(code) && isServerError(error.cause)))
      return failure('unreachable', code, error);
    if (code === WRONG_TIME) return failure('clocks_apart', code, error);
    return failure(MISMATCHED_ANSWER.has(code) ? 'invalid' : 'misconfigured', code, error);
  }
  // fetch throws this when it can't connect.
  if (error instanceof TypeError && error.cause instanceof Error)
    return failure('unreachable', 'fetch failed', error);
  throw error;
}

/** A status of 500 or more means that the provider or a proxy before it has a fault. */
const isServerError = (answer: unknown): boolean => answer instanceof Response && answer.status >= 500;

function failure(kind: OidcFailureKind, code: string, cause: unknown): OidcFailure {
  return new OidcFailure(kind, /^[\w .-]{1,60}$/.test(code) ? code : 'unknown', { cause });
}

/** The failure as an error for the person who wanted to sign in. */
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
        'The sign-in provider and this installation don’t fit together. The log of this program names the cause.',
      );
    case 'declined':
      return new WebError('forbidden', `The sign-in provider did not sign you in (${code}).`);
    case 'invalid':
      return notBegunHere();
    case 'clocks_apart':
      return new WebError(
        'unexpected',
        'The clocks of the sign-in provider and of this installation are too far apart. Whoever runs it must set its clock (NTP); then sign in again.',
      );
    case 'ended':
      return new WebError(
        'unauthenticated',
        'Your sign-in has ended at the sign-in provider. Sign in again.',
      );
  }
}

/** The failure as an error for a person who is signed in and asked for a token to search groups with. */
export const consentErrorOf = (failure: OidcFailure): WebError =>
  failure.kind === 'declined'
    ? new WebError(
        'forbidden',
        `Entra gave no permission to search groups in your name (${failure.code}). Ask an administrator of the directory to consent to GroupMember.Read.All and User.ReadBasic.All for this application, then search again.`,
      )
    : webErrorOf(failure);

/** The error for an answer that belongs to no sign-in of this browser. */
export const notBegunHere = (): WebError =>
  new WebError(
    'bad_request',
    'This sign-in has expired, was finished before, or was not begun in this browser. Sign in again.',
  );
