import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { v5 as uuidv5 } from 'uuid';
import { z } from 'zod';
import { createGraphCredentialStore } from '../db/graph-credentials.js';
import { recordPerson } from '../db/persons.js';
import { typedName } from '../entities/typed-text.js';
import { CommandFailure, EXIT } from '../process/exit.js';
import { registerTenant, setGraphConnection } from '../tenancy/tenant-commands.js';
import { slugSchema, TENANT_NAME_LENGTH_MAX } from '../tenancy/tenant-events.js';
import { issuesInWords } from '../wording/issue-words.js';
import { connect } from './api-client.js';
import { registerConnectionCommands } from './connection-commands.js';
import { assertKnown, commandLineChange, type Installation, onInstallation } from './installation.js';
import { printJson, printLine } from './print.js';
import { AS_JSON, type DataFlag, EMBEDDED_DATA, RUNNING_DATA } from './shared-options.js';

const tenantsSchema = z.object({
  tenants: z.array(z.looseObject({ id: z.string(), slug: z.string(), name: z.string() })),
});

const tenantName = typedName(TENANT_NAME_LENGTH_MAX, 'A tenant needs a name');

interface AddFlags extends DataFlag {
  readonly name: string;
  readonly ownerPerson?: string;
  readonly ownerIssuer?: string;
  readonly ownerSubject?: string;
  readonly ownerName?: string;
  readonly graphUrl?: string;
  readonly graphTokenFile?: string;
}

/** Adds `opsledger tenant …`. */
export function registerTenantCommands(program: Command): void {
  const tenant = program
    .command('tenant')
    .description('register tenants and connect them to Microsoft Graph');
  tenant
    .command('add <short-name>')
    .description('register a tenant with its first owner')
    .requiredOption('--name <name>', 'name that people see')
    .option('--owner-person <code>', 'person code of the first owner, who has signed in once')
    .option('--owner-issuer <url>', "or the issuer of the first owner's sign-in")
    .option('--owner-subject <id>', 'their subject at that issuer')
    .option('--owner-name <name>', 'and their name')
    .option('--graph-url <url>', "Graph's base address for this tenant")
    .option('--graph-token-file <file>', 'file that holds an access token for it')
    .option(...EMBEDDED_DATA)
    .action(add);
  tenant
    .command('list')
    .description('the tenants with their short names, ids and names')
    .option(...RUNNING_DATA)
    .option(...AS_JSON)
    .action(list);
  registerConnectionCommands(tenant);
}

async function add(slug: string, flags: AddFlags): Promise<void> {
  const checked = slugSchema.safeParse(slug);
  if (!checked.success)
    throw new CommandFailure(`“${slug}” ${checked.error.issues[0]?.message ?? 'is not usable'}.`, EXIT.usage);
  const named = tenantName.safeParse(flags.name);
  if (!named.success) throw new CommandFailure(`--name: ${issuesInWords(named.error)}`, EXIT.usage);
  const owner = ownerOf(flags);
  await onInstallation(flags, async (installation) => {
    const { ledger, ledgerId, masterKey, primary } = installation;
    const ownerId = await recordOwner(installation, owner);
    const change = commandLineChange();
    const tenant = { ledgerId, slug, name: named.data, ownerId };
    const { tenantId } = await registerTenant(ledger, tenant, change);
    if (flags.graphUrl)
      await setGraphConnection(ledger, tenantId, { baseUrl: flags.graphUrl, signIn: null }, change);
    if (flags.graphTokenFile) {
      const token = (await readFile(flags.graphTokenFile, 'utf8')).trim();
      await createGraphCredentialStore({ db: primary, masterKey }).set(tenantId, null, { token });
    }
    printLine(tenantId);
  });
}

type FirstOwner =
  | { readonly personId: string }
  | { readonly issuer: string; readonly subject: string; readonly displayName: string };

/** The first owner as the flags name them. Errors: CommandFailure. */
function ownerOf({ ownerPerson, ownerIssuer, ownerSubject, ownerName }: AddFlags): FirstOwner {
  const isNamed = ownerIssuer !== undefined && ownerSubject !== undefined && ownerName !== undefined;
  const isNamedAtAll = [ownerIssuer, ownerSubject, ownerName].some((given) => given !== undefined);
  if (ownerPerson !== undefined && !isNamedAtAll) return { personId: ownerPerson };
  if (ownerPerson === undefined && isNamed)
    return { issuer: ownerIssuer, subject: ownerSubject, displayName: ownerName };
  throw new CommandFailure(
    'Name the first owner: by --owner-person, the code that their page shows once they have signed in, or else by ' +
      '--owner-issuer, --owner-subject and --owner-name.',
    EXIT.usage,
  );
}

/** Records the owner unless they have signed in already, and returns their id. Errors: CommandFailure. */
async function recordOwner(
  installation: Pick<Installation, 'ledgerId' | 'primary'>,
  owner: FirstOwner,
): Promise<string> {
  const { ledgerId, primary } = installation;
  if ('personId' in owner) {
    await assertKnown(installation, owner.personId);
    return owner.personId.toLowerCase();
  }
  const personId = uuidv5(`${owner.issuer} ${owner.subject}`, ledgerId);
  return (await recordPerson(primary, { ...owner, personId, email: null })).personId;
}

async function list(flags: DataFlag & { readonly json?: true }): Promise<void> {
  const api = await connect(flags);
  const { tenants } = tenantsSchema.parse(await api.request('GET', '/tenants'));
  if (flags.json) return printJson(tenants);
  const width = Math.max(...tenants.map(({ slug }) => slug.length));
  for (const { id, slug, name } of tenants) printLine(`${slug.padEnd(width)}  ${id}  ${name}`);
  if (tenants.length === 0) printLine('No tenants yet; “opsledger tenant add” registers one.');
}
