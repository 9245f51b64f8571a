import { type Command, Option } from 'commander';
import { v5 as uuidv5 } from 'uuid';
import { TENANT_ROLES, type TenantRole } from '../access/roles.js';
import { actorNames } from '../db/actor-names.js';
import { recordInvitedPerson } from '../db/persons.js';
import { CommandFailure } from '../process/exit.js';
import { readTenant, removeMember, requireRegistered, setMemberRole } from '../tenancy/tenant-commands.js';
import { assertKnown, commandLineChange, onInstallation, tenantIdFrom } from './installation.js';
import { printJson, printLine } from './print.js';
import { AS_JSON, type DataFlag, EMBEDDED_DATA } from './shared-options.js';

/** Adds `opsledger member …`, for managing the members of a tenant without a sign-in. */
export function registerMemberCommands(program: Command): void {
  const member = program.command('member').description('manage the members of a tenant');
  const roleOption = new Option('--role <role>', 'what the member may do').choices(TENANT_ROLES);
  member
    .command('add <tenant>')
    .description('make somebody a member; they need not have signed in yet')
    .requiredOption('--issuer <url>', 'issuer of their sign-in')
    .requiredOption('--subject <id>', 'their subject at that issuer')
    .requiredOption('--name <name>', 'their name, until they sign in')
    .addOption(roleOption.makeOptionMandatory())
    .option(...EMBEDDED_DATA)
    .action(add);
  member
    .command('list <tenant>')
    .description('the members with their ids, roles and names')
    .option(...EMBEDDED_DATA)
    .option(...AS_JSON)
    .action(list);
  member
    .command('role <tenant> <person> <role>')
    .description(`give a member another role: ${TENANT_ROLES.join(', ')}`)
    .option(...EMBEDDED_DATA)
    .action(setRole);
  member
    .command('remove <tenant> <person>')
    .description('end a membership')
    .option(...EMBEDDED_DATA)
    .action(remove);
}

async function add(
  tenant: string,
  flags: DataFlag & {
    readonly issuer: string;
    readonly subject: string;
    readonly name: string;
    readonly role: TenantRole;
  },
): Promise<void> {
  await onInstallation(flags, async (installation) => {
    const { ledger, ledgerId, primary } = installation;
    const { issuer, subject, name: displayName, role } = flags;
    const tenantId = tenantIdFrom(installation, tenant);
    requireRegistered((await readTenant(ledger, tenantId)).state);
    const personId = await recordInvitedPerson(primary, {
      personId: uuidv5(`${issuer} ${subject}`, ledgerId),
      issuer,
      subject,
      displayName,
    });
    await setMemberRole(ledger, tenantId, { personId, role }, commandLineChange());
    printLine(personId);
  });
}

async function list(tenant: string, flags: DataFlag & { readonly json?: true }): Promise<void> {
  await onInstallation(flags, async (installation) => {
    const { state } = await readTenant(installation.ledger, tenantIdFrom(installation, tenant));
    const { members, grants } = requireRegistered(state);
    const ids = [...new Set([...members.keys(), ...grants.keys()])];
    const names = await actorNames(installation.primary, ids);
    const rows = ids
      .map((personId) => ({
        personId,
        roles: [...(members.has(personId) ? [members.get(personId)] : []), ...(grants.get(personId) ?? [])],
        name: names.get(personId) ?? null,
      }))
      .filter(({ roles }) => roles.length > 0);
    if (flags.json) return printJson(rows);
    for (const { personId, roles, name } of rows)
      printLine(`${personId}  ${roles.join(', ').padEnd(10)}  ${name ?? '(forgotten)'}`);
  });
}

async function setRole(tenant: string, personId: string, role: string, flags: DataFlag): Promise<void> {
  const wanted = TENANT_ROLES.find((known) => known === role);
  if (!wanted) throw new CommandFailure(`“${role}” is no role; there are ${TENANT_ROLES.join(', ')}.`);
  await onInstallation(flags, async (installation) => {
    await assertKnown(installation, personId);
    const tenantId = tenantIdFrom(installation, tenant);
    await setMemberRole(installation.ledger, tenantId, { personId, role: wanted }, commandLineChange());
  });
}

async function remove(tenant: string, personId: string, flags: DataFlag): Promise<void> {
  await onInstallation(flags, async (installation) => {
    const tenantId = tenantIdFrom(installation, tenant);
    await removeMember(installation.ledger, tenantId, personId, commandLineChange());
  });
}
