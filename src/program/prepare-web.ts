import { sql } from 'kysely';
import { createServedSchema } from '../../projections/engine/served-schema.js';
import { createArtifactStore } from '../db/artifacts.js';
import { createExportFileStore } from '../db/export-files.js';
import { assertHubRole } from '../db/hub-role-check.js';
import { createPartReports } from '../db/part-reports.js';
import { createHubPool } from '../db/pools.js';
import { createRequestKeys } from '../db/request-keys.js';
import { createOutgoingFetch } from '../graph/outgoing-fetch.js';
import { Periodic } from '../timing/periodic.js';
import { basePathOf } from '../web/base-path.js';
import { createWebServer } from '../web/create-web-server.js';
import type { HubDatabase } from '../web/web-dependencies.js';
import { createDevelopmentSignIn } from './development-sign-in.js';
import { hubPostgresOf } from './infrastructure.js';
import { allowsDevelopmentSignIn, oidcSettingsOf } from './oidc-settings.js';
import { processTrouble } from './process-trouble.js';
import type { ProgramContext } from './program-context.js';
import { createSystemStatus } from './system-status.js';
import { createWebPorts } from './web-ports.js';

const EXPIRED_KEYS_EVERY_MS = 60 * 60_000;

/**
 * Prepares the web server and everything that it reads from. Resolves to a function that starts listening and
 * returns the address.
 */
export async function prepareWeb(context: ProgramContext): Promise<() => Promise<string>> {
  const { parts, waits, infrastructure, directory, starts, clock, chance, config, logger } = context;
  const { bus, behindPooler, sessionUrl, hubDatabaseUrl, ledger, masterKey, primary, troubles } =
    infrastructure;
  const hub = await parts.add(
    'hub pool',
    () => createHubPool<HubDatabase>(hubDatabaseUrl, { logger, behindPooler, troubles }),
    (pool) => pool.close(),
  );
  await waits.until(hubPostgresOf(config), () => assertHubRole(hub));
  const system = createSystemStatus({
    hub: context.features.hub,
    log: ledger.log,
    db: primary,
    bus,
    directory,
    clock,
    logger,
    partReports: createPartReports(primary),
    askAsHub: () => sql`select 1`.execute(hub.pool),
    hubVariable: hubPostgresOf(config).variable,
    troubles,
    clocks: context.clocks,
    workerTypes: [...starts.operations.values()].flatMap(({ type, carriedOutBy }) =>
      carriedOutBy === 'worker' ? type : [],
    ),
  });
  context.metrics?.followParts(() => system.status().parts);
  context.partReports.push(() => ({ part: 'web', trouble: processTrouble(context) }));
  await parts.add(
    'system status',
    () => system.start(),
    () => system.stop(),
  );
  const readModels = createServedSchema(context.features.hub);
  const ports = createWebPorts({
    readModels,
    start: starts,
    ledger,
    directory,
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
  const expiring = new Periodic(
    'expired request keys',
    EXPIRED_KEYS_EVERY_MS,
    () => createRequestKeys(primary, { clock, chance }).removeExpired(),
    { clock, logger },
  );
  await parts.add(
    'removal of expired request keys',
    () => expiring.start(),
    () => expiring.stop(),
  );
  const publicUrl = config.OPSLEDGER_PUBLIC_URL;
  const { developmentSecret } = context;
  const oidc = oidcSettingsOf(config, masterKey);
  const developmentSignIn =
    developmentSecret && allowsDevelopmentSignIn(config)
      ? createDevelopmentSignIn({ secret: developmentSecret, directory, primary })
      : undefined;
  const app = await parts.add(
    'web server',
    () =>
      createWebServer({
        ports,
        events: context.features.events,
        commands: context.features.commands,
        pages: context.features.pages,
        views: context.features.views,
        hub,
        readModels,
        primary,
        notifyUrl: sessionUrl,
        clock,
        chance,
        logger,
        config: {
          timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
          ...(publicUrl ? { publicOrigin: new URL(publicUrl).origin, basePath: basePathOf(publicUrl) } : {}),
          tls: publicUrl?.startsWith('https://') ?? false,
          trustedProxies: config.OPSLEDGER_TRUSTED_PROXIES ?? (publicUrl ? ['loopback', 'uniquelocal'] : []),
          ...(oidc ? { oidc } : {}),
          ...(developmentSignIn ? { developmentSignIn } : {}),
        },
      }),
    (server) => server.close(),
  );
  return async () => {
    const address = await app.listen({ host: config.OPSLEDGER_HOST, port: config.OPSLEDGER_PORT });
    return publicUrl ?? address;
  };
}
