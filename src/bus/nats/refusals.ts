import { ErrorCode, NatsError } from 'nats';

/** Codes of Node.js for a server certificate that isn't accepted, with what is wrong and what to do. */
const CERTIFICATE_TROUBLE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is not trusted: set NATS_CA_FILE to its certificate authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'is not trusted: set NATS_CA_FILE to its certificate authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'is not trusted: set NATS_CA_FILE to its certificate authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'is not trusted: set NATS_CA_FILE to its certificate authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another host name than NATS_URL says',
  CERT_HAS_EXPIRED: 'has expired: give the server a new one',
  CERT_NOT_YET_VALID: 'is not valid yet: compare the clocks of both machines',
};

/** What a server refuses, or what keeps a client from it, and what to do about it; undefined for other errors. */
export function refusalText(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const certificate = CERTIFICATE_TROUBLE[code];
  if (certificate !== undefined) return `NATS’s certificate ${certificate} (${code})`;
  switch (code) {
    case ErrorCode.AuthorizationViolation:
    case ErrorCode.AuthenticationExpired:
    case ErrorCode.AccountExpired:
    case ErrorCode.BadCreds:
      return 'NATS refuses the credentials (authorization violation): correct those in NATS_URL, NATS_CREDENTIALS_FILE or NATS_NKEY_FILE';
    case ErrorCode.PermissionsViolation:
      return 'NATS refuses a permission (permissions violation): the login needs cmd.>, $JS.API.> and _INBOX.>';
    case ErrorCode.ServerOptionNotAvailable:
      return error instanceof NatsError && error.message === 'tls'
        ? 'NATS speaks no TLS: give the server a certificate, or write nats:// in NATS_URL and set no NATS_CA_FILE'
        : undefined;
    default:
      return undefined;
  }
}

/** What may be wrong when a connection over TLS without a client certificate isn't completed in time. */
export const WITHOUT_CERTIFICATE =
  'NATS did not complete the TLS connection in time: if it asks clients for a certificate, set NATS_CERT_FILE and NATS_KEY_FILE';
