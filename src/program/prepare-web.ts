import { sql } from 'kysely';
import { createServedSchema } from '../../projections/engine/served-schema.js';
import { createArtifactStore } from '../db/artifacts.js';
import { createExportFileStore } from '../db/export-files.js';
import { assertHubRole } from '../db/hub-role-check.js';
import { createPartReports } from '../db/part-reports.js';
import { createHubPool } from '../db/pools.js';
import { createRequestKeys } from '../db/request-keys.js';
import { assertSameDatabase } from '../db/same-database.js';
import { createOutgoingFetch } from '../graph/outgoing-fetch.js';
import { Periodic } from '../timing/periodic.js';
import { createWebServer } from '../web/create-web-server.js';
import type { HubDatabase, WebConfig } from '../web/web-dependencies.js';
import { createDevelopmentSignIn } from './development-sign-in.js';
import { hubPostgresOf } from './infrastructure.js';
import { allowsDevelopmentSignIn, oidcSettingsOf } from './oidc-settings.js';
import { processTrouble } from './process-trouble.js';
import type { ProgramContext } from './program-context.js';
import { publicSiteOf } from './public-site.js';
import { createSystemStatus } from './system-status.js';
import { createWebPorts } from './web-ports.js';

const EXPIRED_KEYS_EVERY_MS = 60 * 60_000;

/**
 * Prepares the web server and everything that it reads from. Resolves to a function that starts listening and
 * returns the address.
 */
export async function prepareWeb(context: ProgramContext): Promise<() => Promise<string>> {
  const { parts, waits, infrastructure, features, clock, chance, config, logger } = context;
  const { behindPooler, sessionUrl, hubDatabaseUrl, ledger, masterKey, primary, troubles } = infrastructure;
  const hub = await parts.add(
    'hub pool',
    () =>
      createHubPool<HubDatabase>(hubDatabaseUrl, {
        logger,
        behindPooler,
        troubles,
        schema: context.features.hub.schema,
      }),
    (pool) => pool.close(),
  );
  await waits.until(hubPostgresOf(config), async () => {
    await assertHubRole(hub);
    await assertSameDatabase(primary, hub.pool, 'HUB_DATABASE_URL');
  });
  const system = await startSystemStatus(context, () => sql`select 1`.execute(hub.pool));
  const readModels = createServedSchema(features.hub);
  const ports = createWebPorts({
    readModels,
    start: context.starts,
    ledger,
    directory: context.directory,
    credentials: context.credentials,
    exportFiles: createExportFileStore({ db: primary, masterKey }),
    primary,
    artifacts: createArtifactStore({ db: primary, masterKey }),
    clock,
    chance,
    localToken: context.localToken,
    status: () => system.status(),
    outgoingFetch: createOutgoingFetch(process.env),
  });
  await startKeyRemoval(context);
  const app = await parts.add(
    'web server',
    () =>
      createWebServer({
        ports,
        events: features.events,
        commands: features.commands,
        pages: features.pages,
        views: features.views,
        hub,
        readModels,
        primary,
        notifyUrl: sessionUrl,
        clock,
        chance,
        logger,
        config: webConfigOf(context),
      }),
    (server) => server.close(),
  );
  return async () => {
    const address = await app.listen({ host: config.OPSLEDGER_HOST, port: config.OPSLEDGER_PORT });
    return config.OPSLEDGER_PUBLIC_URL ?? address;
  };
}

/** Starts checking the parts of the system. `askAsHub` asks the database over the connections that pages read with. */
async function startSystemStatus(
  context: ProgramContext,
  askAsHub: () => Promise<unknown>,
): Promise<ReturnType<typeof createSystemStatus>> {
  const { parts, infrastructure, directory, starts, clock, clocks, config, features, logger } = context;
  const { bus, ledger, primary, troubles } = infrastructure;
  context.partReports.push(() => ({ part: 'web', trouble: processTrouble(context) }));
  const system = createSystemStatus({
    hub: features.hub,
    log: ledger.log,
    db: primary,
    bus,
    directory,
    clock,
    logger,
    partReports: createPartReports(primary),
    askAsHub,
    hubVariable: hubPostgresOf(config).variable,
    troubles,
    clocks,
    workerTypes: [...starts.operations.values()].flatMap(({ type, carriedOutBy }) =>
      carriedOutBy === 'worker' ? type : [],
    ),
  });
  context.metrics?.followParts(() => system.status().parts);
  await parts.add(
    'system status',
    () => system.start(),
    () => system.stop(),
  );
  return system;
}

/** Starts removing the request keys that have expired. */
async function startKeyRemoval({
  parts,
  infrastructure,
  clock,
  chance,
  logger,
}: ProgramContext): Promise<void> {
  const keys = createRequestKeys(infrastructure.primary, { clock, chance });
  const removing = new Periodic('expired request keys', EXPIRED_KEYS_EVERY_MS, () => keys.removeExpired(), {
    clock,
    logger,
  });
  await parts.add(
    'removal of expired request keys',
    () => removing.start(),
    () => removing.stop(),
  );
}

/** The configuration of the web server. Errors: ConfigError for settings of the sign-in that can't work. */
function webConfigOf({ config, directory, infrastructure, developmentSecret }: ProgramContext): WebConfig {
  const { masterKey, primary } = infrastructure;
  const site = publicSiteOf(config);
  const oidc = oidcSettingsOf(config, masterKey);
  const developmentSignIn =
    developmentSecret && allowsDevelopmentSignIn(config)
      ? createDevelopmentSignIn({ secret: developmentSecret, directory, primary })
      : undefined;
  return {
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    ...site,
    trustedProxies:
      config.OPSLEDGER_TRUSTED_PROXIES ?? (site.publicOrigin ? ['loopback', 'uniquelocal'] : []),
    ...(oidc ? { oidc } : {}),
    ...(developmentSignIn ? { developmentSignIn } : {}),
  };
}
