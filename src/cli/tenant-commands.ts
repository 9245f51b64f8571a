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
import { commandLineChange, onInstallation } from './installation.js';
import { printJson, printLine } from './print.js';
import { AS_JSON, type DataFlag, EMBEDDED_DATA, RUNNING_DATA } from './shared-options.js';

const tenantsSchema = z.object({
  tenants: z.array(z.looseObject({ id: z.string(), slug: z.string(), name: z.string() })),
});

const tenantName = typedName(TENANT_NAME_LENGTH_MAX, 'A tenant needs a name');

interface AddFlags extends DataFlag {
  readonly name: string;
  readonly ownerIssuer: string;
  readonly ownerSubject: string;
  readonly ownerName: string;
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
    .requiredOption('--owner-issuer <url>', "issuer of the first owner's sign-in")
    .requiredOption('--owner-subject <id>', 'subject of the first owner at that issuer')
    .requiredOption('--owner-name <name>', 'name of the first owner')
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
  await onInstallation(flags, async ({ ledger, ledgerId, masterKey, primary }) => {
    const owner = await recordPerson(primary, {
      personId: uuidv5(`${flags.ownerIssuer} ${flags.ownerSubject}`, ledgerId),
      issuer: flags.ownerIssuer,
      subject: flags.ownerSubject,
      displayName: flags.ownerName,
      email: null,
    });
    const change = commandLineChange();
    const tenant = { ledgerId, slug, name: named.data, ownerId: owner.personId };
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

async function list(flags: DataFlag & { readonly json?: true }): Promise<void> {
  const api = await connect(flags);
  const { tenants } = tenantsSchema.parse(await api.request('GET', '/tenants'));
  if (flags.json) return printJson(tenants);
  const width = Math.max(...tenants.map(({ slug }) => slug.length));
  for (const { id, slug, name } of tenants) printLine(`${slug.padEnd(width)}  ${id}  ${name}`);
  if (tenants.length === 0) printLine('No tenants yet; “opsledger tenant add” registers one.');
}
