import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { rebuild } from '../../projections/engine/rebuild.js';
import { systemChance, systemClock } from '../clock.js';
import { type Config, readConfig } from '../config.js';
import { migrateDown, migrateToLatest } from '../db/migrate.js';
import { createWriterPool } from '../db/pools.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { demoApp, demoEntra } from '../demo/demo-app.js';
import { type DemoSignIn, demoAccount, demoSignIn, withDemoSignIn } from '../demo/demo-sign-in.js';
import { DEMO_SIGN_INS, type DemoPerson } from '../demo/demo-tenants.js';
import { countDemoInventories, type DemoGraph, runDemoWork, setUpDemo } from '../demo/set-up-demo.js';
import { demoTenant } from '../graph/simulator/demo/demo-tenant.js';
import { startGraphSimulator } from '../graph/simulator/start-graph-simulator.js';
import { createEventStoreLog } from '../ledger/event-store-log.js';
import { createLogger } from '../logging.js';
import { CommandFailure, EXIT } from '../process/exit.js';
import { stopOnSignals } from '../process/signals.js';
import { productFeatures } from '../program/features.js';
import { historyMemory } from '../program/history-memory.js';
import { type ClaimedFolder, claimDataFolder } from '../program/instance-file.js';
import { allowsDevelopmentSignIn } from '../program/oidc-settings.js';
import { Parts } from '../program/parts.js';
import { type Program, type ProgramRole, ROLES } from '../program/program-context.js';
import { startProgram } from '../program/start-program.js';
import { hubServed } from './hub-served.js';
import { type RunningCommand, runUntilStopped } from './run-until-stopped.js';
import type { DataFlag } from './shared-options.js';

interface StartFlags extends DataFlag {
  readonly port?: string;
  readonly host?: string;
  readonly graphUrl?: string;
  readonly fresh?: true;
  readonly demo?: boolean;
  readonly entraSignIn?: true;
}

const SECRET_BYTES = 24;
/** The entries of an embedded installation in its data folder; `--fresh` removes these and nothing else. */
const DATA_ENTRIES = ['postgres', 'event-store', 'master.key'];
/** Delay of the simulated Graph's answers, so that people can watch runs. */
const DEMO_LATENCY_MS = 120;
const DEMO_SEED = 'opsledger';
/** A missing permission in one of the operator's tenants, so that the demo has a partially succeeded run. */
const DEMO_FAULT = {
  kind: 'status',
  status: 403,
  tenant: 'fabrikam',
  path: '^deviceManagement/deviceHealthScripts',
  count: 1_000_000,
} as const;

/** Graph throttles one tenant for a while, so that the demo has a waiting run. */
const DEMO_WAIT = {
  kind: 'status',
  status: 429,
  retryAfter: '45',
  tenant: 'northwind',
  path: '^deviceManagement/groupPolicyConfigurations',
  count: 1,
} as const;

/** Adds the commands that run the product: `start`, `web`, `worker`, `projector`, `migrate`. */
export function registerProgramCommands(program: Command): void {
  program
    .command('start')
    .description('run everything in one process, on embedded servers where none are configured')
    .option('--port <number>', 'port of the hub (0: any free one)')
    .option('--host <address>', 'address to listen on')
    .option('--data <dir>', 'data folder')
    .option('--graph-url <url>', "Graph's base address for the demo's tenants, such as a graph-simulator's")
    .option('--fresh', 'remove the embedded data first')
    .option('--demo', 'set up the demo also on configured servers')
    .option(
      '--entra-sign-in',
      'people of the demo sign in at the simulated Entra, on the port after the hub’s',
    )
    .option('--no-demo', 'start without the demo')
    .action(start);
  for (const role of ROLES) {
    const command = program
      .command(role)
      .description(`run the ${role} alone, on configured servers`)
      .action((flags: { readonly rebuild?: true }) => (flags.rebuild ? rebuildModels() : runRole(role)));
    if (role === 'projector')
      command.option('--rebuild', 'build the hub’s read models anew beside the live ones, switch, and end');
  }
  program
    .command('migrate')
    .description('bring the database of DATABASE_URL to the newest version')
    .option('--down', 'undo the last migration instead')
    .action(migrate);
}

async function start(flags: StartFlags): Promise<void> {
  const given = readConfig(process.env, {
    ...(flags.port === undefined ? {} : { OPSLEDGER_PORT: flags.port }),
    ...(flags.host === undefined ? {} : { OPSLEDGER_HOST: flags.host }),
    ...(flags.data === undefined ? {} : { OPSLEDGER_DATA: flags.data }),
    ...(flags.graphUrl === undefined ? {} : { GRAPH_URL: flags.graphUrl }),
    // People read the output of this command, so it logs less; routine messages are for log collectors.
    ...(process.env.OPSLEDGER_LOG_LEVEL ? {} : { OPSLEDGER_LOG_LEVEL: 'warn' }),
  });
  const demo = flags.demo ?? !(given.DATABASE_URL || given.EVENTSTORE_URL);
  if (flags.entraSignIn && !demo)
    throw new CommandFailure('--entra-sign-in needs the demo, whose people it is for.', EXIT.usage);
  const signIn = flags.entraSignIn ? demoSignIn(given, systemChance) : null;
  const config = signIn ? withDemoSignIn(given, signIn) : given;
  const logger = createLogger(config.OPSLEDGER_LOG_LEVEL);
  await runUntilStopped(logger, async ({ parts, stopping }) => {
    const folder = await parts.add(
      'data folder',
      () => claimDataFolder(config.OPSLEDGER_DATA),
      (claimed) => claimed.release(),
    );
    if (flags.fresh) await removeData(config.OPSLEDGER_DATA);
    await runStart({ config, demo, signIn, folder, logger, parts, stopping });
  });
}

async function removeData(dataDir: string): Promise<void> {
  for (const entry of DATA_ENTRIES) await rm(path.join(dataDir, entry), { recursive: true, force: true });
}

interface Starting extends RunningCommand {
  readonly config: Config;
  readonly demo: boolean;
  readonly signIn: DemoSignIn | null;
  readonly folder: ClaimedFolder;
  readonly logger: Logger;
}

async function runStart(starting: Starting): Promise<void> {
  const { config, demo, signIn, folder, logger, parts, stopping } = starting;
  const developmentSecret = allowsDevelopmentSignIn(config)
    ? randomBytes(SECRET_BYTES).toString('base64url')
    : undefined;
  const program = await startProgram({
    config,
    roles: ROLES,
    logger,
    parts,
    localToken: folder.token,
    onFatal: stopping.fail,
    signal: stopping.signal,
    ...(developmentSecret ? { developmentSecret } : {}),
  });
  if (demo) await setUpDemo(program, await demoGraphOf(starting, program));
  if (stopping.signal.aborted) return;
  const url = await program.serve();
  const { databaseUrl, eventStoreUrl } = program.infrastructure;
  await folder.announce({ url, servers: { databaseUrl, eventStoreUrl } });
  const isServed = await hubServed(program, stopping.signal);
  if (stopping.signal.aborted) return;
  announce(url, isServed, demo ? demoSignInLines(url, developmentSecret, signIn) : []);
  if (demo) {
    const work = runDemoWork(program, { clock: systemClock, logger, signal: stopping.signal });
    work.catch((error: unknown) => logger.error({ err: error }, 'the demo could not finish its work'));
  }
  await stopping.requested;
  process.stdout.write('Stopping…\n');
}

/** The configured Graph, or a simulated one with a simulated Entra. */
async function demoGraphOf({ config, parts, signIn }: Starting, program: Program): Promise<DemoGraph> {
  if (config.GRAPH_URL !== undefined) return { url: config.GRAPH_URL, app: null, signIn };
  const { infrastructure, credentials, directory } = program;
  const { ledger, ledgerId } = infrastructure;
  const app = await demoApp({ credentials, directory, ledgerId, clock: systemClock, chance: systemChance });
  const firstGeneration = await countDemoInventories(ledger, ledgerId);
  const simulator = await parts.add(
    'simulated Graph',
    () =>
      startGraphSimulator({
        source: { tenant: (key) => demoTenant(DEMO_SEED, key) },
        latencyMs: DEMO_LATENCY_MS,
        faults: [DEMO_FAULT, DEMO_WAIT],
        entra: demoEntra(app, signIn),
        firstGeneration,
        ...(signIn && { port: signIn.port }),
      }),
    (running) => running.stop(),
  );
  return { url: simulator.url, app, signIn };
}

/** Prints the address as the last line, where programs that start the product can read it. */
function announce(url: string, isServed: boolean, signIns: readonly string[]): void {
  const lines = ['Opsledger is running. Stop it with Ctrl-C.', ''];
  if (!isServed) lines.push('Its pages are being built from the log; each says how far that is.', '');
  process.stdout.write(`${[...lines, ...signIns, url].join('\n')}\n`);
}

/** How the demo's people sign in: by a link each, or with an account of the simulated Entra. */
function demoSignInLines(
  url: string,
  secret: string | undefined,
  signIn: DemoSignIn | null,
): readonly string[] {
  const lines = (of: (person: DemoPerson) => string) =>
    DEMO_SIGN_INS.map(([role, person]) => `  ${role.padEnd(9)} ${of(person)}`);
  const first = 'Begin with the operator, who has something to look at in two tenants.';
  if (signIn) return [`Sign in with an account of the simulated Entra. ${first}`, ...lines(demoAccount), ''];
  if (!secret) return [];
  return [
    `Sign in as one of these. ${first}`,
    ...lines(({ personId }) => signInUrl(url, personId, secret)),
    '',
  ];
}

function signInUrl(url: string, personId: string, secret: string): string {
  const link = new URL(`${url.replace(/\/+$/, '')}/signin/dev`);
  link.searchParams.set('person', personId);
  link.searchParams.set('token', secret);
  return link.href;
}

async function runRole(role: ProgramRole): Promise<void> {
  const config = readConfig(process.env);
  const logger = createLogger(config.OPSLEDGER_LOG_LEVEL);
  await runUntilStopped(logger, (running) => runProgram({ config, role, logger, ...running }));
}

async function runProgram({
  role,
  stopping,
  ...shared
}: Pick<Starting, 'config' | 'logger' | 'parts' | 'stopping'> & { readonly role: ProgramRole }) {
  const { fail: onFatal, signal } = stopping;
  const program = await startProgram({ ...shared, roles: [role], onFatal, signal });
  if (role === 'web') process.stdout.write(`Opsledger serves ${await program.serve()}\n`);
  else process.stdout.write(`Opsledger ${role} is running\n`);
  await stopping.requested;
}

/** Rebuilds the hub's read models from the log while the product runs; running projectors notice the switch. */
async function rebuildModels(): Promise<void> {
  const config = readConfig(process.env);
  if (!config.DATABASE_URL || !config.EVENTSTORE_URL)
    throw new CommandFailure(
      'DATABASE_URL and EVENTSTORE_URL are missing: they say what to rebuild, and from which log. ' +
        'For embedded servers both are in the data folder’s instance.json while the product runs.',
      EXIT.usage,
    );
  const logger = createLogger(config.OPSLEDGER_LOG_LEVEL);
  const stopping = stopOnSignals();
  const url = config.DATABASE_SESSION_URL ?? config.DATABASE_URL;
  const db = createWriterPool<PrimaryTables>(url, { logger, applicationName: 'opsledger rebuild' });
  const eventStoreUrl = config.EVENTSTORE_URL;
  const parts = new Parts(logger);
  try {
    const memory = await historyMemory(db, logger);
    const log = await parts.add(
      'event store client',
      () => createEventStoreLog({ url: eventStoreUrl, memory }),
      (client) => client.close(),
    );
    await log.head();
    const built = await rebuild({
      log,
      db: db as Kysely<unknown>,
      databaseUrl: config.DATABASE_URL,
      projection: productFeatures.hub,
      decode: productFeatures.events.decode,
      clock: systemClock,
      logger,
      signal: stopping.signal,
    });
    process.stdout.write(`Rebuilt from ${built.events} events, to position ${built.position}.\n`);
  } finally {
    await parts.stop();
    await db.destroy();
  }
}

async function migrate(flags: { readonly down?: true }): Promise<void> {
  const config = readConfig(process.env);
  if (!config.DATABASE_URL)
    throw new CommandFailure('DATABASE_URL is missing: it says which database to migrate.', EXIT.usage);
  const url = config.DATABASE_SESSION_URL ?? config.DATABASE_URL;
  const pool = createWriterPool(url, { logger: createLogger(config.OPSLEDGER_LOG_LEVEL) });
  try {
    const names = flags.down ? await migrateDown(pool) : await migrateToLatest(pool);
    const done = flags.down ? 'Undone' : 'Applied';
    process.stdout.write(names.length === 0 ? 'Nothing to do.\n' : `${done}: ${names.join(', ')}\n`);
  } finally {
    await pool.destroy();
  }
}
