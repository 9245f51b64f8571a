import { systemChance, systemClock } from '../clock.js';
import type { Config } from '../config.js';
import { loadOrCreateMasterKey, type MasterKey } from '../db/master-key.js';
import { findPerson } from '../db/persons.js';
import { createLogger } from '../logging.js';
import { CommandFailure, EXIT } from '../process/exit.js';
import {
  type Infrastructure,
  type InfrastructureDependencies,
  masterKeyFileOf,
  startInfrastructure,
} from '../program/infrastructure.js';
import { claimDataFolder, findInstance } from '../program/instance-file.js';
import { Parts } from '../program/parts.js';
import { productEvents } from '../program/product-events.js';
import { TenantRefusal, tenantIdOf } from '../tenancy/tenant-commands.js';
import { slugSchema } from '../tenancy/tenant-events.js';
import { configWith, type DataFlag } from './shared-options.js';

/** What a maintenance command uses, also while the product's processes run. */
export interface Installation extends Infrastructure {
  readonly config: Config;
  /** Whether a product runs on the data folder. False also for configured servers, whose processes aren't known here. */
  readonly isRunning: boolean;
}

/**
 * Runs a maintenance command on the machine that has the master key. It uses the configured servers, those of the
 * product that runs on the data folder, or servers that it starts on the data folder. Errors: CommandFailure for a
 * TenantRefusal, and those of starting.
 */
export async function onInstallation<Result>(
  flags: DataFlag,
  work: (installation: Installation) => Promise<Result>,
  options: Pick<InfrastructureDependencies, 'acceptHistory'> = {},
): Promise<Result> {
  const given = configWith(flags);
  const logger = createLogger(process.env.OPSLEDGER_LOG_LEVEL ? given.OPSLEDGER_LOG_LEVEL : 'warn');
  const parts = new Parts(logger);
  try {
    const { config, masterKey, isRunning } = await serversOf(given, parts);
    const infrastructure = await startInfrastructure({
      config,
      parts,
      clock: systemClock,
      chance: systemChance,
      logger,
      events: productEvents,
      ...(masterKey ? { masterKey } : {}),
      ...options,
    });
    return await work({ ...infrastructure, config, isRunning });
  } catch (error) {
    if (error instanceof TenantRefusal) throw new CommandFailure(error.message);
    throw error;
  } finally {
    await parts.stop();
  }
}

/**
 * The addresses of the servers. The data folder is claimed unless a product runs on it; then the command uses the
 * servers of that product.
 */
async function serversOf(
  given: Config,
  parts: Parts,
): Promise<Pick<Installation, 'config' | 'isRunning'> & { readonly masterKey: MasterKey | undefined }> {
  // Maintenance commands don't use the bus; the running dispatcher finds new runs.
  const { NATS_URL: _, ...config } = given;
  if (config.DATABASE_URL && config.EVENTSTORE_URL) return { config, masterKey: undefined, isRunning: false };
  const { OPSLEDGER_DATA: dataDir } = config;
  const instance = await findInstance(dataDir);
  if (!instance) {
    await parts.add(
      'data folder',
      () => claimDataFolder(dataDir),
      (folder) => folder.release(),
    );
    return { config, masterKey: undefined, isRunning: false };
  }
  if (!instance.servers) throw new CommandFailure('The product is still starting. Try again in a moment.');
  const { databaseUrl, eventStoreUrl } = instance.servers;
  const masterKey = config.DATABASE_URL ? undefined : await loadOrCreateMasterKey(masterKeyFileOf(dataDir));
  return {
    config: { ...config, DATABASE_URL: databaseUrl, EVENTSTORE_URL: eventStoreUrl },
    masterKey,
    isRunning: true,
  };
}

/** The actor of changes by commands on this machine. */
export const commandLineChange = () =>
  ({ actor: { kind: 'system', id: 'cli' }, correlationId: systemChance.uuid() }) as const;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of a tenant that is named by its short name or its id. Errors: CommandFailure when the text is neither. */
export function tenantIdFrom({ ledgerId }: Pick<Installation, 'ledgerId'>, named: string): string {
  if (UUID.test(named)) return named.toLowerCase();
  if (slugSchema.safeParse(named).success) return tenantIdOf(ledgerId, named);
  throw new CommandFailure(`“${named}” is neither a short name nor an id of a tenant.`, EXIT.usage);
}

/** Errors: CommandFailure when nobody has the person code. */
export async function assertKnown(
  { primary }: Pick<Installation, 'primary'>,
  personId: string,
): Promise<void> {
  if (UUID.test(personId) && (await findPerson(primary, personId.toLowerCase()))) return;
  throw new CommandFailure(
    `Nobody has the id “${personId}”; “opsledger member list” shows ids, and people who have signed in see theirs.`,
  );
}
