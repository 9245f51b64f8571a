import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { ServedSchema } from '../../projections/engine/served-schema.js';
import type { HubTables } from '../../projections/hub/hub-models.js';
import type { Chance, Clock } from '../clock.js';
import type { HubPool } from '../db/pools.js';
import type { HubReadableTables, PrimaryTables } from '../db/primary-tables.js';
import type { AnyCommand } from '../ledger/entity-command.js';
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
  /** Every event type, to describe events in words. */
  readonly events: EventRegistry;
  /** The commands of entities that the API offers. */
  readonly commands: readonly AnyCommand[];
  /** Connections with a role that may only read. */
  readonly hub: HubPool<HubDatabase>;
  /** Every page of a tenant; by default the product's. */
  readonly pages?: readonly TenantPage<unknown>[];
  /** Folders of templates; by default the product's. */
  readonly views?: readonly string[];
  /** The schema that pages read the read models from. */
  readonly readModels: ServedSchema;
  /** Connections for sessions. The web writes nothing else itself. */
  readonly primary: Kysely<PrimaryTables>;
  /** The database address for a separate connection that listens for changes of the read models. */
  readonly notifyUrl: string;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
  readonly config: WebConfig;
}

export interface WebConfig {
  /** IANA zone in which pages show times. Pages always name it. */
  readonly timeZone: string;
  /** Whether the hub is behind TLS: cookies are then Secure, and browsers are told to use HTTPS only. */
  readonly tls: boolean;
  /** Scheme, host and port at which people reach the hub, if configured. */
  readonly publicOrigin?: string;
  /** The hub's path below that origin, without a slash at its end; without one the hub is at the root. */
  readonly basePath?: BasePath;
  /** Addresses or networks of proxies that may name the client's address; empty for none. */
  readonly trustedProxies: readonly string[];
  /** The OpenID Connect provider that people sign in with, if one is configured. */
  readonly oidc?: OidcSettings;
  /** Present only without an OpenID Connect issuer and on loopback. */
  readonly developmentSignIn?: DevelopmentSignIn;
}
