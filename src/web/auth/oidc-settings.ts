import type { BasePath } from '../base-path.js';

/** How this installation is registered at its OpenID Connect provider. */
export interface OidcSettings {
  /** Exactly as configured, because ID tokens must name it letter by letter. */
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined for a public client, which proves itself by PKCE alone. */
  readonly clientSecret: string | undefined;
  /** How the secret is sent to the provider. */
  readonly clientAuth: 'client_secret_basic' | 'client_secret_post';
  readonly scopes: string;
  /** The origin at which people reach the hub. The provider sends them back to it. */
  readonly publicOrigin: string;
  /** The hub's path below that origin; without one the hub is at the root. */
  readonly basePath?: BasePath;
  /** 32 bytes that sign begun sign-ins. All web processes have the same key. */
  readonly flowKey: Buffer;
  /** 32 bytes that seal the refresh tokens of sessions and people's tokens for Graph. All web processes have the same key. */
  readonly renewalKey: Buffer;
  /** Used for every request to the provider, such as through a proxy; the global `fetch` unless given. */
  readonly fetch?: typeof fetch;
}

/** The path below the public address that must be registered at the provider. */
export const OIDC_CALLBACK_PATH = '/signin/oidc/callback';
