import { errorMessage } from './error-message.js';
/** Why a server's TLS certificate isn't accepted. */
export type CertificateTrouble = 'not-trusted' | 'for-another-name' | 'expired' | 'not-yet-valid';

/** Each trouble as the end of a sentence about the certificate. */
export const CERTIFICATE_WORDS: Readonly<Record<CertificateTrouble, string>> = {
  'not-trusted': 'is not trusted',
  'for-another-name': 'is for another host name',
  expired: 'has expired',
  'not-yet-valid': 'is not valid yet',
};

/** Where a certificate authority and a server's address are set, for sentences. */
export interface CertificateSettings {
  readonly authority: string;
  readonly address: string;
}

/** What is wrong with a server's certificate and what to do about it, as the end of a sentence. */
export function certificateTroubleInWords(
  trouble: CertificateTrouble,
  { authority, address }: CertificateSettings,
): string {
  const advice: Readonly<Record<CertificateTrouble, string>> = {
    'not-trusted': `set ${authority} to its certificate authority`,
    'for-another-name': `write the name that it is for in ${address}, or give the server another one`,
    expired: 'give the server a new one',
    'not-yet-valid': 'compare the clocks of both machines',
  };
  return `${CERTIFICATE_WORDS[trouble]}: ${advice[trouble]}`;
}

/** Node.js's error codes and messages of refused certificates; a library may pass on only one of the two. */
const SIGNS: readonly (readonly [RegExp, CertificateTrouble])[] = [
  [/CERT_HAS_EXPIRED|certificate has expired/, 'expired'],
  [/CERT_NOT_YET_VALID|certificate is not yet valid/, 'not-yet-valid'],
  [/ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate's altnames/, 'for-another-name'],
  [
    /SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT|self-signed certificate|unable to (verify the first|get (local )?issuer) certificate/,
    'not-trusted',
  ],
];

/** What an error of a connection says about the server's certificate; undefined for any other error. */
export function certificateTroubleOf(error: unknown): CertificateTrouble | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const text = `${code} ${errorMessage(error)}`;
  return SIGNS.find(([sign]) => sign.test(text))?.[1];
}
