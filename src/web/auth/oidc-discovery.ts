import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  type CustomFetch,
  clockTolerance,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
} from 'openid-client';
import type { Clock } from '../../clock.js';
import { issuerTemplateOf } from '../../graph/tokens/entra-issuer.js';
import { OidcFailure } from './oidc-failure.js';
import type { OidcSettings } from './oidc-settings.js';

/** Longest wait for one answer of the provider. */
const PROVIDER_TIMEOUT_SECONDS = 5;
/**
 * How far the provider's clock may be from this machine's: as far as the libraries of Entra allow. The ID token comes from
 * the provider itself a moment after the sign-in, so a longer life of it helps nobody who found one.
 */
export const CLOCK_TOLERANCE_SECONDS = 5 * 60;
/** The provider's metadata is read again after this time, so that changed addresses are noticed. */
const METADATA_AGE_MAX_MS = 60 * 60_000;

/** The provider as its published metadata describes it. */
export interface OidcDiscovery {
  /**
   * A configuration of the library that has read none of the provider's keys yet, so that a signature is checked with
   * the keys that are published at that moment. Rejects with the library's errors and OidcFailure.
   */
  configuration(): Promise<Configuration>;
  /** Has the metadata read again, because an address in it may have moved. */
  forget(): void;
}

/**
 * Reads the provider's metadata when it is first needed, once an hour, and again after a failure. The program
 * therefore starts without waiting for a provider that is away.
 */
export function createOidcDiscovery(settings: OidcSettings, clock: Clock): OidcDiscovery {
  const issuer = new URL(settings.issuer);
  const template = issuerTemplateOf(issuer);
  const outgoing = settings.fetch ?? fetch;
  let known: { readonly at: number; readonly answer: Promise<Answer> } | undefined;

  /** The answer with the metadata, which callers share. */
  async function metadata(init: RequestInit): Promise<Response> {
    const now = clock.monotonicMs();
    if (!known || now - known.at >= METADATA_AGE_MAX_MS)
      known = { at: now, answer: outgoing(metadataAddressOf(issuer), init).then(readWhole) };
    const { body, status, headers } = await known.answer;
    return new Response(body, { status, headers });
  }

  async function configuration(): Promise<Configuration> {
    const { clientAuth, clientId, clientSecret } = settings;
    const authenticate = clientAuth === 'client_secret_post' ? ClientSecretPost : ClientSecretBasic;
    const found = await discovery(
      template === null ? issuer : new URL(issuer.pathname, PLACEHOLDER_ORIGIN),
      clientId,
      { [clockTolerance]: CLOCK_TOLERANCE_SECONDS },
      clientSecret === undefined ? None() : authenticate(clientSecret),
      {
        timeout: PROVIDER_TIMEOUT_SECONDS,
        [customFetch]: ((url, init) =>
          new URL(url).pathname.endsWith(METADATA_PATH)
            ? metadata(init as RequestInit)
            : outgoing(url, init as RequestInit)) satisfies CustomFetch,
        // The ID token's signature is checked against the provider's keys. The settings allow plain HTTP on loopback
        // only.
        execute: [
          enableNonRepudiationChecks,
          ...(issuer.protocol === 'http:' ? [allowInsecureRequests] : []),
        ],
      },
    );
    if (template !== null && found.serverMetadata().issuer !== template)
      throw new OidcFailure('misconfigured', 'issuer');
    return found;
  }

  return {
    async configuration() {
      try {
        return await configuration();
      } catch (error) {
        known = undefined;
        throw error;
      }
    },
    forget() {
      known = undefined;
    },
  };
}

/** An answer that was read to its end. A Response that is kept unread is cut off when its request's time limit ends. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

const readWhole = async (response: Response): Promise<Answer> => ({
  status: response.status,
  headers: response.headers,
  body: await response.text(),
});

const METADATA_PATH = '/.well-known/openid-configuration';

const metadataAddressOf = (issuer: URL): string => issuer.href.replace(/\/$/, '') + METADATA_PATH;

/** The one origin at which the library replaces `{tenantid}` in an issuer by the token's `tid`. */
const PLACEHOLDER_ORIGIN = 'https://login.microsoftonline.com';
