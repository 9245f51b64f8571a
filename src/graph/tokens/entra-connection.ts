import { CLOUDS, type CloudName } from './clouds.js';

/** How an assertion is signed with a certificate's RSA key (RFC 7518, section 3.1); the first is the default. */
export const ASSERTION_ALGORITHMS = ['PS256', 'RS256'] as const;
export type AssertionAlgorithm = (typeof ASSERTION_ALGORITHMS)[number];

/** The app of a tenant and the directory in which it signs in. It contains no secret. */
export interface EntraConnection {
  /** Id of the Entra directory, a GUID. */
  readonly directoryId: string;
  /** Id of the app registration, a GUID. */
  readonly clientId: string;
  readonly cloud: CloudName;
  /** Address of a simulator, used in place of the cloud's Entra. */
  readonly authority?: string | null | undefined;
  /** PS256 unless given. A client secret needs none. */
  readonly assertionAlgorithm?: AssertionAlgorithm | null | undefined;
}

/** The credential with which the app signs in. */
export type EntraCredential =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'certificate'; readonly certificatePem: string; readonly privateKeyPem: string };

/** The address of Entra, without a slash at its end. */
export function authorityOf({ cloud, authority }: EntraConnection): string {
  return (authority ?? CLOUDS[cloud].authority).replace(/\/+$/, '');
}

/** The address at which the directory issues tokens. */
export function tokenEndpointOf(connection: EntraConnection): string {
  return `${authorityOf(connection)}/${connection.directoryId}/oauth2/v2.0/token`;
}

/** Address at which an administrator of the directory consents to the app. */
export function adminConsentAddress(connection: EntraConnection): string {
  const url = new URL(`${authorityOf(connection)}/${connection.directoryId}/adminconsent`);
  url.searchParams.set('client_id', connection.clientId);
  return url.href;
}
