import type { Command } from 'commander';
import { CAPABILITY_MEANINGS, TOKEN_CAPABILITIES } from '../access/capabilities.js';
import { systemChance, systemClock } from '../clock.js';
import { CommandFailure, EXIT } from '../process/exit.js';
import { newApiToken } from '../tokens/api-token.js';
import { issueApiToken, readTokenName, revokeApiToken } from '../tokens/api-tokens.js';
import { listTokens, tenantOfToken } from '../tokens/token-rows.js';
import { commandLineChange, onInstallation, tenantIdFrom } from './installation.js';
import { printJson, printLine } from './print.js';
import { AS_JSON, type DataFlag, EMBEDDED_DATA } from './shared-options.js';

interface CreateFlags extends DataFlag {
  readonly name: string;
  readonly can: readonly string[];
  readonly days: string;
}

const DAY_MS = 86_400_000;
const DAYS_DEFAULT = 90;
const DAYS_MAX = 366;

/** Adds `opsledger token …`, for managing API tokens without a sign-in, such as on a machine without a browser. */
export function registerTokenCommands(program: Command): void {
  const token = program.command('token').description('manage the API tokens of a tenant');
  token
    .command('create <tenant>')
    .description('make a token and print it, for this one time')
    .requiredOption('--name <name>', 'what the token is for, as pages and history show it')
    .requiredOption('--can <capability...>', `what it may do: ${TOKEN_CAPABILITIES.join(', ')}`)
    .option('--days <number>', `days until it expires, at most ${DAYS_MAX}`, String(DAYS_DEFAULT))
    .option(...EMBEDDED_DATA)
    .addHelpText('after', `\nCapabilities:\n${capabilityLines()}`)
    .action(create);
  token
    .command('list <tenant>')
    .description('tokens with their ids; never the tokens themselves')
    .option(...EMBEDDED_DATA)
    .option(...AS_JSON)
    .action(list);
  token
    .command('revoke <token-id>')
    .description('end a token at once, in every process')
    .option(...EMBEDDED_DATA)
    .action(revoke);
}

const capabilityLines = (): string =>
  TOKEN_CAPABILITIES.map((name) => `  ${name.padEnd(20)} ${CAPABILITY_MEANINGS[name]}`).join('\n');

async function create(tenant: string, flags: CreateFlags): Promise<void> {
  const known: readonly string[] = TOKEN_CAPABILITIES;
  const unknown = flags.can.find((capability) => !known.includes(capability));
  if (unknown !== undefined)
    throw new CommandFailure(`A token can't have “${unknown}”; it can have ${known.join(', ')}.`, EXIT.usage);
  const days = Number(flags.days);
  if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX)
    throw new CommandFailure(`--days must be a number from 1 to ${DAYS_MAX}.`, EXIT.usage);
  const named = readTokenName(flags.name);
  if ('problem' in named) throw new CommandFailure(`--name: ${named.problem}`, EXIT.usage);
  const { name } = named;
  await onInstallation(flags, async (installation) => {
    const now = systemClock.now();
    const tokenId = systemChance.uuid();
    const token = newApiToken(tokenId);
    const grant = {
      tenantId: tenantIdFrom(installation, tenant),
      tokenId,
      token,
      name,
      capabilities: flags.can,
      expiresAt: now + days * DAY_MS,
    };
    const by = { ...commandLineChange(), now, createdBy: null };
    await issueApiToken(installation, grant, by);
    printLine(token);
  });
}

async function list(tenant: string, flags: DataFlag & { readonly json?: true }): Promise<void> {
  await onInstallation(flags, async (installation) => {
    const now = systemClock.now();
    const tokens = await listTokens(installation.primary, tenantIdFrom(installation, tenant), now);
    if (flags.json) return printJson(tokens);
    for (const { tokenId, name, expiresAt, revokedAt, capabilities } of tokens) {
      const state = revokedAt !== null ? 'revoked' : expiresAt <= now ? 'expired' : 'works';
      const until = new Date(expiresAt).toISOString();
      printLine(`${tokenId}  ${state.padEnd(7)}  until ${until}  ${name}  (${capabilities.join(', ')})`);
    }
    if (tokens.length === 0) printLine('No tokens yet.');
  });
}

async function revoke(tokenId: string, flags: DataFlag): Promise<void> {
  await onInstallation(flags, async (installation) => {
    const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(tokenId);
    const tenantId = isId ? await tenantOfToken(installation.primary, tokenId) : undefined;
    if (tenantId === undefined)
      throw new CommandFailure(`No token has the id “${tokenId}”; “opsledger token list” shows ids.`);
    const by = { ...commandLineChange(), now: systemClock.now() };
    await revokeApiToken(installation, { tenantId, tokenId }, by);
  });
}
