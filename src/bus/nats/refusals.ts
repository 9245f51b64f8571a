import { ErrorCode, NatsError } from 'nats';
import { certificateTroubleInWords, certificateTroubleOf } from '../../wording/certificate-trouble.js';

/** The message about a login that lacks a permission. */
export const PERMISSION_REFUSED =
  'NATS refuses a permission (permissions violation): the login must be allowed to publish to cmd.>, $JS.API.> and $JS.ACK.>, and to subscribe to _INBOX.>';

const SETTINGS = { authority: 'NATS_CA_FILE', address: 'NATS_URL' };

/** The TLS alerts with which a server refuses a client's certificate or the lack of one. */
const CLIENT_CERTIFICATE =
  /^ERR_SSL_.*_ALERT_(BAD_CERTIFICATE|CERTIFICATE_(REQUIRED|EXPIRED|REVOKED|UNKNOWN)|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA)$/;

/** What a server refuses, or what keeps a client from it, and what to do about it; undefined for other errors. */
export function natsRefusalText(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const trouble = certificateTroubleOf(error);
  if (trouble) return `NATS’s certificate ${certificateTroubleInWords(trouble, SETTINGS)} (${code})`;
  if (CLIENT_CERTIFICATE.test(code))
    return `NATS asks for a client certificate that it trusts: set NATS_CERT_FILE and NATS_KEY_FILE (${code})`;
  switch (code) {
    case ErrorCode.AuthorizationViolation:
    case ErrorCode.AuthenticationExpired:
    case ErrorCode.AccountExpired:
    case ErrorCode.BadCreds:
      return 'NATS refuses the credentials (authorization violation): correct those in NATS_URL, NATS_CREDENTIALS_FILE or NATS_NKEY_FILE';
    case ErrorCode.PermissionsViolation:
      return PERMISSION_REFUSED;
    case ErrorCode.ServerOptionNotAvailable:
      return error instanceof NatsError && error.message === 'tls'
        ? 'NATS speaks no TLS: give the server a certificate, or write nats:// in NATS_URL and set no NATS_CA_FILE'
        : undefined;
    default:
      return undefined;
  }
}
