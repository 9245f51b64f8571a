import { randomBytes } from 'node:crypto';
import type { CompiledQuery } from 'kysely';
import { createProjector } from '../../projections/engine/projector.js';
import { createServedSchema } from '../../projections/engine/served-schema.js';
import type { Role, TenantRole } from '../../src/access/roles.js';
import { PLATFORM_ROLES } from '../../src/access/roles.js';
import type { CommandBus } from '../../src/bus/command-bus.js';
import { createInProcessBus } from '../../src/bus/in-process/in-process-bus.js';
import { systemChance, systemClock } from '../../src/clock.js';
import { createArtifactStore } from '../../src/db/artifacts.js';
import { createExportFileStore } from '../../src/db/export-files.js';
import { createGraphCredentialStore } from '../../src/db/graph-credentials.js';
import { parseMasterKey } from '../../src/db/master-key.js';
import { recordPerson } from '../../src/db/persons.js';
import { withProducerOffers } from '../../src/dispatch/producer-offers.js';
import type { OperationCatalogue } from '../../src/operations/registry.js';
import { type Features, productFeatures } from '../../src/program/features.js';
import type { ProductDraft } from '../../src/program/product-events.js';
import { createWebPorts } from '../../src/program/web-ports.js';
import { TenantDirectory } from '../../src/tenancy/tenant-directory.js';
import { tenantStream } from '../../src/tenancy/tenant-events.js';
import type { OidcSettings } from '../../src/web/auth/oidc-settings.js';
import { createSessionStore } from '../../src/web/auth/session-store.js';
import { basePathOf } from '../../src/web/base-path.js';
import { createWebServer } from '../../src/web/create-web-server.js';
import type { SystemStatus } from '../../src/web/ports/status.js';
import type { HubDatabase } from '../../src/web/web-dependencies.js';
import { silent, testDatabase } from './database.js';
import { createEventBuilder } from './event-builder.js';
import { issueTestToken } from './issue-test-token.js';

interface Teardown {
  teardown(end: () => Promise<void>): void;
}

export interface SiteTenant {
  readonly tenantId: string;
  readonly slug: string;
  readonly name: string;
  /** A person with each role, by role. */
  readonly persons: Readonly<Record<Role, string>>;
}

const HEALTHY: SystemStatus = {
  headPosition: null,
  databaseIsSilent: false,
  building: null,
  lagSeconds: null,
  workers: [],
  parts: { 'event store': { state: 'ok', detail: 'A log in memory.' } },
};
const CATCH_UP_MS = 120_000;

/**
 * The web on a real database, with a real projector over a log in memory that the test writes. It covers everything
 * from an event to a page, without workers. `status` is what the ports report of the parts. With `oidc` people sign in
 * with that provider instead of the development sign-in.
 */
export async function hubSite(
  t: Teardown,
  options: {
    status?: () => SystemStatus;
    projector?: boolean;
    /** Time of the first event. It is a fixed day unless the test needs the present. */
    beginning?: number;
    /** The public address behind a proxy. */
    publicUrl?: string;
    /** Proxies that are believed to name the client. */
    trustedProxies?: readonly string[];
    oidc?: OidcSettings;
    /** The features of the web; by default the product's. */
    features?: Features;
    /** The types that can be started; by default those of the features. */
    operations?: OperationCatalogue;
    /** A bus from the test, which then also runs a worker. */
    bus?: CommandBus;
    /** Called with every statement of the hub's connections. */
    onQuery?: (query: CompiledQuery) => void;
  } = {},
) {
  const database = await testDatabase(t);
  const { features = productFeatures } = options;
  const builder = createEventBuilder(1, options.beginning, features.events);
  const { ledger, log } = builder;
  const clock = systemClock;
  const chance = systemChance;
  const common = { clock, chance, logger: silent };
  const { decode } = ledger.events;
  const projector = createProjector({
    log,
    db: database.db,
    databaseUrl: database.url,
    projection: features.hub,
    decode,
    ...common,
  });
  const readModels = createServedSchema(features.hub);
  const projecting = options.projector !== false;
  if (projecting) projector.start();
  const directory = new TenantDirectory({ ledger, ...common });
  await directory.start();
  const operations = options.operations ?? features.operations;
  const bus = options.bus ?? createInProcessBus({ clock, logger: silent });
  const masterKey = parseMasterKey(randomBytes(32).toString('hex'));
  const exportFiles = createExportFileStore({ db: database.db, masterKey });
  const artifacts = createArtifactStore({ db: database.db, masterKey });
  const secret = 'a-development-secret-of-the-tests';
  const app = await createWebServer({
    ports: createWebPorts({
      readModels,
      start: {
        ledger,
        bus: withProducerOffers(bus, operations),
        operations,
        clock,
        logger: silent,
        artifacts,
        publishTimeoutMs: 1000,
      },
      ledger,
      directory,
      credentials: createGraphCredentialStore({
        db: database.db,
        masterKey,
      }),
      exportFiles,
      primary: database.db,
      artifacts,
      clock,
      chance,
      localToken: 'local-token-of-the-tests',
      status: options.status ?? (() => HEALTHY),
    }),
    events: features.events,
    commands: features.commands,
    pages: features.pages,
    views: features.views,
    hub: database.hub<HubDatabase>({
      schema: features.hub.schema,
      ...(options.onQuery && { onQuery: options.onQuery }),
    }),
    readModels,
    primary: database.db,
    notifyUrl: database.url,
    ...common,
    config: {
      timeZone: 'Europe/Berlin',
      tls: options.publicUrl?.startsWith('https:') ?? false,
      trustedProxies: options.trustedProxies ?? [],
      ...(options.publicUrl
        ? { publicOrigin: new URL(options.publicUrl).origin, basePath: basePathOf(options.publicUrl) }
        : {}),
      ...(options.oidc
        ? { oidc: options.oidc }
        : { developmentSignIn: { secret, persons: async () => people } }),
    },
  });
  const people: {
    personId: string;
    displayName: string;
    tenantName: string;
    tenantSlug: string;
    role: Role;
  }[] = [];
  const sessions = createSessionStore(database.db, clock);
  t.teardown(async () => {
    await app.close();
    await directory.stop();
    await bus.close();
    await projector.stop();
  });
  const head = () => log.events.length - 1;

  /** Registers a tenant with a member of each role, an auditor and a support person. */
  async function tenant(slug: string, name = slug): Promise<SiteTenant> {
    const tenantId = chance.uuid();
    const roles = ['owner', 'manager', 'operator', 'readonly', 'auditor', 'support'] as const;
    const persons = Object.fromEntries(
      await Promise.all(
        roles.map(async (role) => {
          const displayName = `${role[0]?.toUpperCase()}${role.slice(1)} of ${name}`;
          const { personId } = await recordPerson(database.db, {
            personId: chance.uuid(),
            issuer: 'test',
            subject: `${slug}-${role}`,
            displayName,
            email: null,
          });
          people.push({ personId, displayName, tenantName: name, tenantSlug: slug, role });
          return [role, personId] as const;
        }),
      ),
    ) as Record<Role, string>;
    const platform: readonly Role[] = PLATFORM_ROLES;
    const drafts: ProductDraft[] = [
      { type: 'TenantRegistered', data: { slug, name } },
      { type: 'GraphConnectionSet', data: { baseUrl: 'http://127.0.0.1:9', signIn: null } },
      ...roles.map((role): ProductDraft => {
        const personId = persons[role];
        if (role === 'auditor' || role === 'support')
          return { type: 'AccessGranted', data: { personId, role } };
        if (platform.includes(role)) throw new TypeError(`${role} is not a member's role`);
        return { type: 'MemberAdded', data: { personId, role } };
      }),
    ];
    await builder.append(tenantStream(tenantId), drafts, { tenantId });
    await directory.waitFor(head(), CATCH_UP_MS);
    if (projecting) await settle();
    return { tenantId, slug, name, persons };
  }

  /** Makes a person a member. */
  async function addMember(tenantId: string, personId: string, role: TenantRole): Promise<void> {
    await builder.append(tenantStream(tenantId), [{ type: 'MemberAdded', data: { personId, role } }], {
      tenantId,
    });
    await directory.waitFor(head(), CATCH_UP_MS);
  }

  /** Issues an API token with these capabilities, including those that pages don't offer. */
  async function issueToken(tenantId: string, name: string, capabilities: readonly string[]) {
    const means = { ledger, primary: database.db, clock, chance };
    const { token, position } = await issueTestToken(means, { tenantId, name, capabilities });
    await directory.waitFor(position, CATCH_UP_MS);
    return token;
  }

  /** Waits until the read models contain the whole log. */
  async function settle(): Promise<void> {
    if (!(await projector.waitFor(head(), { timeoutMs: CATCH_UP_MS }))) {
      throw new Error(`the projector did not reach ${head()}: ${JSON.stringify(projector.status())}`);
    }
  }

  /** The cookie of a new session, as a header. */
  const cookieOf = async (personId: string) => `opsledger_session=${await sessions.open(personId)}`;

  return {
    app,
    artifacts,
    builder,
    database,
    directory,
    exportFiles,
    projector,
    secret,
    tenant,
    addMember,
    issueToken,
    settle,
    cookieOf,
    head,
  };
}

export type HubSite = Awaited<ReturnType<typeof hubSite>>;
