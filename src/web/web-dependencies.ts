import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { ServedSchema } from '../../projections/engine/served-schema.js';
import type { HubTables } from '../../projections/hub/hub-models.js';
import type { Chance, Clock } from '../clock.js';
import type { HubPool } from '../db/pools.js';
import type { HubReadableTables, PrimaryTables } from '../db/primary-tables.js';
import type { EventRegistry } from '../ledger/event-registry.js';
import type { OidcSettings } from './auth/oidc-settings.js';
import type { BasePath } from './base-path.js';
import type { TenantPage } from './pages/page.js';
import type { DevelopmentSignIn } from './ports/persons.js';
import type { WebPorts } from './ports/web-ports.js';

/** What the hub's pool can read: the read models and the signs of life of running runs. */
export type HubDatabase = HubTables & HubReadableTables;

export interface WebDependencies {
  readonly ports: WebPorts;
  /** Every event type, to say in words what events say. */
  readonly events: EventRegistry;
  /** Connections of the role that may only read. */
  readonly hub: HubPool<HubDatabase>;
  /** Every page of a tenant, where they are others than the product's. */
  readonly pages?: readonly TenantPage<unknown>[];
  /** Folders of templates, where they are others than the product's. */
  readonly views?: readonly string[];
  /** Which schema of the read models pages read. */
  readonly readModels: ServedSchema;
  /** Connections for sessions; nothing else is written here. */
  readonly primary: Kysely<PrimaryTables>;
  /** Where to listen for changes of the read models: a connection of its own. */
  readonly notifyUrl: string;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
  readonly config: WebConfig;
}

export interface WebConfig {
  /** IANA zone in which pages tell times, always named beside them. */
  readonly timeZone: string;
  /** Behind TLS: cookies are Secure and browsers are told to insist on it. */
  readonly tls: boolean;
  /** Scheme, host and port that people reach the hub at, where that was configured. */
  readonly publicOrigin?: string;
  /** Path that the hub stands under there, without a slash at its end; at the root without one. */
  readonly basePath?: BasePath;
  /** Addresses or networks of proxies in front that are trusted to name the client's address; empty for none. */
  readonly trustedProxies: readonly string[];
  /** The OpenID Connect provider that people sign in with, where one is configured. */
  readonly oidc?: OidcSettings;
  /** Present only without an OpenID Connect issuer and on loopback. */
  readonly developmentSignIn?: DevelopmentSignIn;
}
