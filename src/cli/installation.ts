import { systemChance, systemClock } from '../clock.js';
import { type Config, readConfig } from '../config.js';
import { keepMasterKey, type MasterKey } from '../db/master-key.js';
import { createLogger } from '../logging.js';
import { CommandFailure, EXIT } from '../process/exit.js';
import { productFeatures } from '../program/features.js';
import { type Infrastructure, masterKeyFileOf, startInfrastructure } from '../program/infrastructure.js';
import { claimDataFolder, findInstance } from '../program/instance-file.js';
import { Parts } from '../program/parts.js';
import { TenantRefusal, tenantIdOf } from '../tenancy/tenant-commands.js';
import { slugSchema } from '../tenancy/tenant-events.js';

/** What a command that looks after an installation has in hand, beside the processes that run on it. */
export interface Installation extends Infrastructure {
  readonly config: Config;
}

/**
 * Runs a command of whoever looks after an installation, on the machine that holds the master key: on the servers
 * that are configured, on those of the product that runs on the data folder, or on the data folder itself. Errors:
 * CommandFailure for a refusal of the tenancy, and those of starting.
 */
export async function onInstallation<Result>(
  dataFlag: string | undefined,
  work: (installation: Installation) => Promise<Result>,
): Promise<Result> {
  const given = readConfig(process.env, dataFlag === undefined ? {} : { OPSLEDGER_DATA: dataFlag });
  const logger = createLogger(process.env.OPSLEDGER_LOG_LEVEL ? given.OPSLEDGER_LOG_LEVEL : 'warn');
  const parts = new Parts(logger);
  try {
    const { config, masterKey } = await serversOf(given, parts);
    const infrastructure = await startInfrastructure({
      config,
      parts,
      clock: systemClock,
      chance: systemChance,
      logger,
      events: productFeatures.events,
      ...(masterKey ? { masterKey } : {}),
    });
    return await work({ ...infrastructure, config });
  } catch (error) {
    if (error instanceof TenantRefusal) throw new CommandFailure(error.message);
    throw error;
  } finally {
    await parts.stop();
  }
}

/** Where the servers are. A data folder is taken unless a product runs on it, which shares its servers. */
async function serversOf(
  given: Config,
  parts: Parts,
): Promise<{ readonly config: Config; readonly masterKey: MasterKey | undefined }> {
  // No command is sent from here: the running dispatcher finds what there is to do.
  const { NATS_URL: _, ...config } = given;
  if (config.DATABASE_URL && config.EVENTSTORE_URL) return { config, masterKey: undefined };
  const { OPSLEDGER_DATA: dataDir } = config;
  const instance = await findInstance(dataDir);
  if (!instance) {
    await parts.add(
      'data folder',
      () => claimDataFolder(dataDir),
      (folder) => folder.release(),
    );
    return { config, masterKey: undefined };
  }
  if (!instance.servers) throw new CommandFailure('The product is still starting. Try again in a moment.');
  const { databaseUrl, eventStoreUrl } = instance.servers;
  const masterKey = config.DATABASE_URL ? undefined : await keepMasterKey(masterKeyFileOf(dataDir));
  return {
    config: { ...config, DATABASE_URL: databaseUrl, EVENTSTORE_URL: eventStoreUrl },
    masterKey,
  };
}

/** Who acts when somebody types a command on this machine. */
export const commandLineChange = () =>
  ({ actor: { kind: 'system', id: 'cli' }, correlationId: systemChance.uuid() }) as const;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of a tenant that is named by its short name or its id. Errors: CommandFailure for neither. */
export function tenantIdFrom({ ledgerId }: Pick<Installation, 'ledgerId'>, named: string): string {
  if (UUID.test(named)) return named.toLowerCase();
  if (slugSchema.safeParse(named).success) return tenantIdOf(ledgerId, named);
  throw new CommandFailure(`“${named}” is neither a short name nor an id of a tenant.`, EXIT.usage);
}

/** Prints one line for people. */
export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints a value for programs. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, null, 2));
}
