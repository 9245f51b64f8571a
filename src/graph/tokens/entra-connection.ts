import { CLOUDS, type CloudName } from './clouds.js';

/** Whom a tenant's app is and where it signs in. Nothing in it is secret. */
export interface EntraConnection {
  /** Id of the Entra directory, a GUID. */
  readonly directoryId: string;
  /** Id of the app registration, a GUID. */
  readonly clientId: string;
  readonly cloud: CloudName;
  /** Another Entra than the cloud's: a simulator's address. */
  readonly authority?: string | null | undefined;
}

/** What the app proves itself with. */
export type EntraCredential =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'certificate'; readonly certificatePem: string; readonly privateKeyPem: string };

export function authorityOf({ cloud, authority }: EntraConnection): string {
  return (authority ?? CLOUDS[cloud].authority).replace(/\/+$/, '');
}

export function tokenEndpointOf(connection: EntraConnection): string {
  return `${authorityOf(connection)}/${connection.directoryId}/oauth2/v2.0/token`;
}

/** Where an administrator of the directory consents to the app. */
export function adminConsentAddress(connection: EntraConnection): string {
  const url = new URL(`${authorityOf(connection)}/${connection.directoryId}/adminconsent`);
  url.searchParams.set('client_id', connection.clientId);
  return url.href;
}
