import type { CertificateFiles } from '../../support/tls-certificates.js';

/** What nats-server allows the product's login. */
export interface NatsRules {
  /** Its password; `a-password` is what the product gives. */
  readonly password?: string;
  /** Subjects that it may not publish to. */
  readonly denied?: readonly string[];
}

/** The configuration of nats-server: the product's login, and another for connections of the test without TLS. */
export function natsConfiguration(
  { certFile, keyFile }: CertificateFiles,
  { password = 'a-password', denied = [] }: NatsRules,
): string {
  const subjects = denied.map((subject) => `"${subject}"`).join(', ');
  const permissions = denied.length > 0 ? `, permissions: { publish: { deny: [${subjects}] } }` : '';
  return `
    authorization {
      users = [
        { user: ledger, password: "${password}"${permissions} }
        { user: test, password: test }
      ]
    }
    jetstream: enabled
    no_auth_user: test
    allow_non_tls: true
    tls { cert_file: "${certFile}", key_file: "${keyFile}" }
  `;
}
