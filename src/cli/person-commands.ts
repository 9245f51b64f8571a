import type { Command } from 'commander';
import { PLATFORM_ROLES } from '../access/roles.js';
import { systemChance, systemClock } from '../clock.js';
import { findPerson, findPersonBySubject, forgetPerson, type Person } from '../db/persons.js';
import { createLogger } from '../logging.js';
import { CommandFailure, EXIT } from '../process/exit.js';
import { removeMember, setAccess } from '../tenancy/tenant-commands.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { commandLineChange, type Installation, onInstallation } from './installation.js';
import { printLine } from './print.js';
import { type DataFlag, EMBEDDED_DATA } from './shared-options.js';

interface ForgetFlags extends DataFlag {
  readonly issuer?: string;
  readonly subject?: string;
}

/** Adds `opsledger person forget`. */
export function registerPersonCommands(program: Command): void {
  const person = program.command('person').description('manage the persons of all tenants');
  person
    .command('forget [person-id]')
    .description(
      'end all memberships of a person and remove their name, address, subject and sessions; ' +
        'history keeps only their id',
    )
    .option('--issuer <url>', 'instead of the id: the issuer of their sign-in …')
    .option('--subject <id>', '… and their subject there')
    .option(...EMBEDDED_DATA)
    .action(forget);
}

async function forget(personId: string | undefined, flags: ForgetFlags): Promise<void> {
  await onInstallation(flags, async (installation) => {
    const person = await wanted(installation, personId, flags);
    const ended = await endRoles(installation, person.personId);
    await forgetPerson(installation.primary, person.personId);
    printLine(`Forgotten: ${person.personId} (roles ended in ${ended} tenants).`);
  });
}

async function wanted(
  { primary }: Installation,
  personId: string | undefined,
  flags: ForgetFlags,
): Promise<Person> {
  const { issuer, subject } = flags;
  const byName = issuer !== undefined && subject !== undefined;
  if (byName === (personId !== undefined))
    throw new CommandFailure('Say who: either an id, or --issuer and --subject.', EXIT.usage);
  const isId = personId !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(personId);
  const found = byName
    ? await findPersonBySubject(primary, issuer, subject)
    : isId && (await findPerson(primary, personId));
  if (!found) throw new CommandFailure('There is no such person; nothing was changed.');
  return found;
}

/**
 * Ends every role of a person, one tenant after the other. It stops with a refusal when the person is the last
 * owner of a tenant.
 */
async function endRoles({ ledger }: Installation, personId: string): Promise<number> {
  const logger = createLogger('silent');
  const directory = new TenantDirectory({ ledger, clock: systemClock, chance: systemChance, logger });
  await directory.start();
  try {
    const tenants = directory.tenantsOf(personId);
    for (const { tenantId, roles } of tenants)
      for (const role of roles) {
        const granted = PLATFORM_ROLES.find((platform) => platform === role);
        const change = commandLineChange();
        if (granted) await setAccess(ledger, tenantId, { personId, role: granted, granted: false }, change);
        else await removeMember(ledger, tenantId, personId, change);
      }
    return tenants.length;
  } finally {
    await directory.stop();
  }
}
