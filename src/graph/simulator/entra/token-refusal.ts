/** A refusal as Entra's token endpoint answers it. */
export interface TokenRefusal {
  readonly status: number;
  /** OAuth's error code. */
  readonly error: string;
  /** The number after `AADSTS`. */
  readonly aadsts: number;
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
  7000112: [400, 'unauthorized_client', "Application '{app}' is disabled."],
  70003: [400, 'unsupported_grant_type', 'The grant type is not supported.'],
  90033: [503, 'temporarily_unavailable', 'A transient error has occurred. Please try again.'],
};

/** The refusal with this number; a number that isn't listed gives `invalid_client`. */
export function tokenRefusal(aadsts: number): TokenRefusal {
  const [status, error] = MEANINGS[aadsts] ?? [401, 'invalid_client'];
  return { status, error, aadsts };
}

/** The body of a refusal in Entra's form. */
export function refusalBody(
  { error, aadsts }: TokenRefusal,
  ids: { readonly directoryId: string; readonly app: string; readonly traceId: string; readonly at: number },
): object {
  const [, , text] = MEANINGS[aadsts] ?? [0, '', 'The sign-in was refused.'];
  const timestamp = `${new Date(ids.at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const words = text.replace('{directory}', ids.directoryId).replace('{app}', ids.app);
  return {
    error,
    error_description: `AADSTS${aadsts}: ${words} Trace ID: ${ids.traceId} Correlation ID: ${ids.traceId} Timestamp: ${timestamp}`,
    error_codes: [aadsts],
    timestamp,
    trace_id: ids.traceId,
    correlation_id: ids.traceId,
    error_uri: `https://login.microsoftonline.com/error?code=${aadsts}`,
  };
}
