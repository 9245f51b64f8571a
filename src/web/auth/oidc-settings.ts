import type { BasePath } from '../base-path.js';

/** How this installation is known to its OpenID Connect provider. */
export interface OidcSettings {
  /** As configured: ID tokens name it letter by letter. */
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined for a public client, which proves itself by PKCE alone. */
  readonly clientSecret: string | undefined;
  /** How the secret is sent to the provider. */
  readonly clientAuth: 'client_secret_basic' | 'client_secret_post';
  readonly scopes: string;
  /** Origin that people reach the hub at; what the provider sends them back to. */
  readonly publicOrigin: string;
  /** Path that the hub stands under there; at the root without one. */
  readonly basePath?: BasePath;
  /** 32 bytes that sign begun sign-ins; the same in every web process. */
  readonly flowKey: Buffer;
}

/** Path below the public address that has to be registered with the provider. */
export const OIDC_CALLBACK_PATH = '/signin/oidc/callback';
