import type { GraphObject } from '../graph-value.js';

/** A refusal as Entra's token endpoint answers it. */
export interface TokenRefusal {
  readonly status: number;
  /** OAuth's error code. */
  readonly error: string;
  /** The number after `AADSTS`. */
  readonly aadsts: number;
  /** The reason, where the number has several. */
  readonly detail?: string;
}

const MEANINGS: Readonly<Record<number, readonly [status: number, error: string, text: string]>> = {
  90002: [400, 'invalid_request', "Tenant '{directory}' not found."],
  700016: [400, 'unauthorized_client', "Application with identifier '{app}' was not found in the directory."],
  7000215: [401, 'invalid_client', 'Invalid client secret provided.'],
  7000216: [401, 'invalid_client', "'client_assertion' or 'client_secret' is required."],
  7000222: [401, 'invalid_client', "The provided client secret keys for app '{app}' are expired."],
  700027: [
    401,
    'invalid_client',
    'The certificate with identifier used to sign the client assertion is not registered.',
  ],
  700023: [401, 'invalid_client', 'Client assertion audience claim does not match Realm issuer.'],
  700024: [401, 'invalid_client', 'Client assertion is not within its valid time range.'],
  5002730: [400, 'invalid_request', 'Invalid JWT token. Unsupported key for the signing algorithm.'],
  65001: [400, 'invalid_grant', "No administrator has consented to use the application with ID '{app}'."],
  500011: [400, 'invalid_resource', 'The resource principal was not found in the tenant.'],
  50034: [400, 'invalid_grant', 'The user account does not exist in the directory.'],
  53003: [400, 'access_denied', 'Access has been blocked by Conditional Access policies.'],
  530003: [400, 'access_denied', 'Your device is required to be managed to access this resource.'],
  1000502: [401, 'invalid_client', 'The certificate is not within its valid time range.'],
  7000112: [400, 'unauthorized_client', "Application '{app}' is disabled."],
  70003: [400, 'unsupported_grant_type', 'The grant type is not supported.'],
  50011: [400, 'invalid_request', 'The redirect address is not one of the app’s.'],
  50020: [400, 'invalid_grant', 'The account is of another directory than the one to sign in to.'],
  50057: [400, 'invalid_grant', 'The account is disabled.'],
  50058: [400, 'login_required', 'A silent sign-in was asked for, but nobody is signed in.'],
  50173: [400, 'invalid_grant', 'The sign-in was revoked. The person must sign in again.'],
  54005: [400, 'invalid_grant', 'The authorization code was already redeemed.'],
  65004: [400, 'access_denied', 'The person declined to consent to the app.'],
  70000: [400, 'invalid_grant', 'The code or refresh token is not valid.'],
  70008: [400, 'invalid_grant', 'The authorization code has expired.'],
  90023: [400, 'invalid_request', 'A parameter of the request has a value that is not supported.'],
  90094: [400, 'access_denied', 'An administrator must grant the permissions that the app asks for.'],
  500112: [400, 'invalid_grant', 'The redirect address is another one than in the sign-in.'],
  501481: [400, 'invalid_grant', 'The code verifier does not match the code challenge.'],
  650053: [400, 'invalid_client', 'The app asks for a permission that Microsoft Graph does not have.'],
  700025: [401, 'invalid_client', 'The app is public, so it must not send a secret or an assertion.'],
  700054: [400, 'unsupported_response_type', 'Only the response type "code" is enabled for the app.'],
  900144: [400, 'invalid_request', 'The request lacks a parameter.'],
  7000218: [401, 'invalid_client', "The body must contain 'client_assertion' or 'client_secret'."],
  90033: [503, 'temporarily_unavailable', 'A transient error has occurred. Please try again.'],
};

/** The refusal with this number; a number that isn't listed gives `invalid_client`. */
export function tokenRefusal(aadsts: number): TokenRefusal {
  const [status, error] = MEANINGS[aadsts] ?? [401, 'invalid_client'];
  return { status, error, aadsts };
}

/** A refusal in a sentence, as Entra's pages show it. */
export function signInRefusalText({ aadsts, detail }: TokenRefusal, directoryId = '', app = ''): string {
  const [, , text] = MEANINGS[aadsts] ?? [0, '', 'The sign-in was refused.'];
  const more = detail === undefined ? '' : ` [${detail}]`;
  return `AADSTS${aadsts}: ${text.replace('{directory}', directoryId).replace('{app}', app)}${more}`;
}

/** The body of a refusal in Entra's form. */
export function refusalBody(
  refusal: TokenRefusal,
  ids: { readonly directoryId: string; readonly app: string; readonly traceId: string; readonly at: number },
): GraphObject {
  const { error, aadsts } = refusal;
  const timestamp = `${new Date(ids.at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  return {
    error,
    error_description: `${signInRefusalText(refusal, ids.directoryId, ids.app)} Trace ID: ${ids.traceId} Correlation ID: ${ids.traceId} Timestamp: ${timestamp}`,
    error_codes: [aadsts],
    timestamp,
    trace_id: ids.traceId,
    correlation_id: ids.traceId,
    error_uri: `https://login.microsoftonline.com/error?code=${aadsts}`,
  };
}
