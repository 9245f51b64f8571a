import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { v5 as uuidv5 } from 'uuid';
import { systemChance, systemClock } from '../clock.js';
import { readConfig } from '../config.js';
import { createGraphCredentialStore } from '../db/graph-credentials.js';
import { notePerson } from '../db/persons.js';
import { createLogger } from '../logging.js';
import { startInfrastructure } from '../program/infrastructure.js';
import { claimDataFolder } from '../program/instance-file.js';
import { Parts } from '../program/parts.js';
import { registerTenant, setGraphConnection, TenantRefusal } from '../tenancy/tenant-commands.js';
import { slugSchema } from '../tenancy/tenant-events.js';
import { CommandFailure, EXIT } from './exit.js';

interface AddFlags {
  readonly name: string;
  readonly ownerIssuer: string;
  readonly ownerSubject: string;
  readonly ownerName: string;
  readonly graphUrl?: string;
  readonly graphTokenFile?: string;
  readonly data?: string;
}

/** Adds `opsledger tenant add`. */
export function registerTenantCommands(program: Command): void {
  const tenant = program.command('tenant').description('register tenants');
  tenant
    .command('add <short-name>')
    .description('register a tenant with its first owner; the product must not run on the same data folder')
    .requiredOption('--name <name>', 'name that people see')
    .requiredOption('--owner-issuer <url>', "issuer of the first owner's sign-in")
    .requiredOption('--owner-subject <id>', 'subject of the first owner at that issuer')
    .requiredOption('--owner-name <name>', 'name of the first owner')
    .option('--graph-url <url>', "Graph's base address for this tenant")
    .option('--graph-token-file <file>', 'file that holds an access token for it')
    .option('--data <dir>', 'data folder, where servers are embedded')
    .action(add);
}

async function add(slug: string, flags: AddFlags): Promise<void> {
  const checked = slugSchema.safeParse(slug);
  if (!checked.success)
    throw new CommandFailure(`“${slug}” ${checked.error.issues[0]?.message ?? 'is not usable'}.`, EXIT.usage);
  const config = readConfig(process.env, flags.data === undefined ? {} : { OPSLEDGER_DATA: flags.data });
  const logger = createLogger(process.env.OPSLEDGER_LOG_LEVEL ? config.OPSLEDGER_LOG_LEVEL : 'warn');
  const parts = new Parts(logger);
  try {
    const embedded = !config.DATABASE_URL || !config.EVENTSTORE_URL;
    if (embedded)
      await parts.add(
        'data folder',
        () => claimDataFolder(config.OPSLEDGER_DATA),
        (folder) => folder.release(),
      );
    const infrastructure = await startInfrastructure({
      config,
      parts,
      clock: systemClock,
      chance: systemChance,
      logger,
    });
    const { ledger, ledgerId, masterKey, primary } = infrastructure;
    const owner = await notePerson(primary, {
      personId: uuidv5(`${flags.ownerIssuer} ${flags.ownerSubject}`, ledgerId),
      issuer: flags.ownerIssuer,
      subject: flags.ownerSubject,
      displayName: flags.ownerName,
      email: null,
    });
    const change = { actor: { kind: 'system', id: 'cli' }, correlationId: systemChance.uuid() } as const;
    const { tenantId } = await registerTenant(
      ledger,
      { ledgerId, slug, name: flags.name, ownerId: owner.personId },
      change,
    );
    if (flags.graphUrl) await setGraphConnection(ledger, tenantId, flags.graphUrl, change);
    if (flags.graphTokenFile) {
      const token = (await readFile(flags.graphTokenFile, 'utf8')).trim();
      await createGraphCredentialStore({ db: primary, masterKey }).set(tenantId, { token });
    }
    process.stdout.write(`${tenantId}\n`);
  } catch (error) {
    if (error instanceof TenantRefusal) throw new CommandFailure(error.message);
    throw error;
  } finally {
    await parts.stop();
  }
}
