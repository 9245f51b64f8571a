import { type Command, Option } from 'commander';
import { systemChance, systemClock } from '../clock.js';
import { createArtifactStore } from '../db/artifacts.js';
import { createGraphCredentialStore, type GraphCredential } from '../db/graph-credentials.js';
import { createGraphClient } from '../graph/client/create-graph-client.js';
import type { GraphReader } from '../graph/client/graph-client.js';
import { concernsEveryCall, GraphError } from '../graph/client/graph-error.js';
import type { TokenSource } from '../graph/client/token-source.js';
import { createOutgoingFetch } from '../graph/outgoing-fetch.js';
import { CLOUD_NAMES, CLOUDS, type CloudName } from '../graph/tokens/clouds.js';
import {
  ASSERTION_ALGORITHMS,
  type AssertionAlgorithm,
  adminConsentAddress,
} from '../graph/tokens/entra-connection.js';
import { tokenClaims } from '../graph/tokens/token-claims.js';
import { createLogger } from '../logging.js';
import { whyUnread } from '../operations/handling/why-unread.js';
import { builtInOperations } from '../operations/registry.js';
import { POLICY_TYPES } from '../policies/catalogue/policy-types.js';
import { CommandFailure } from '../process/exit.js';
import { assertIds, connectionAsGiven } from '../program/connections.js';
import { createTokensOf } from '../program/graph-tokens.js';
import { startConnectionCheck } from '../program/start-connection-check.js';
import { LOCAL_CLIENT_ID, LOCAL_CLIENT_NAME } from '../runs/initiator.js';
import type { GraphSignIn } from '../tenancy/connection-events.js';
import {
  readTenant,
  removeGraphConnection,
  requireRegistered,
  setGraphConnection,
} from '../tenancy/tenant-commands.js';
import type { TenantState } from '../tenancy/tenant-state.js';
import { ownTerminal } from './ask.js';
import { asked, credentialOf, usable } from './given-credential.js';
import { commandLineChange, type Installation, onInstallation, tenantIdFrom } from './installation.js';
import { printLine } from './print.js';
import { type DataFlag, EMBEDDED_DATA } from './shared-options.js';

interface ConnectFlags extends DataFlag {
  readonly directory?: string;
  readonly client?: string;
  readonly cloud: CloudName;
  readonly secretFile?: string;
  readonly secretEnds?: string;
  readonly certificateFile?: string;
  readonly passphraseFile?: string;
  readonly assertionAlgorithm: AssertionAlgorithm;
  readonly authority?: string;
  readonly graphUrl?: string;
}

/** Adds `opsledger tenant connect|check|disconnect`. */
export function registerConnectionCommands(tenant: Command): void {
  tenant
    .command('connect <short-name>')
    .description(
      'connect a tenant to Microsoft Graph with an app’s secret or certificate, once it signs in; on a terminal it asks for what is not given',
    )
    .option('--directory <id>', 'id of the tenant’s Entra directory')
    .option('--client <id>', 'client id of the app registration')
    .addOption(new Option('--cloud <cloud>', 'Microsoft’s cloud').choices(CLOUD_NAMES).default('worldwide'))
    .option('--secret-file <file>', 'file that holds the client secret (-: standard input)')
    .option('--secret-ends <day>', 'when the secret ends, as Entra shows it, such as 2027-04-30')
    .option('--certificate-file <file>', 'PEM or PFX file that holds the certificate and its key')
    .option('--passphrase-file <file>', 'file that holds the passphrase of the key (-: standard input)')
    .addOption(
      new Option('--assertion-algorithm <name>', 'how sign-ins are signed with the certificate’s key')
        .choices(ASSERTION_ALGORITHMS)
        .default('PS256'),
    )
    .option('--authority <url>', 'another Entra than the cloud’s: a simulator')
    .option('--graph-url <url>', 'another Graph than the cloud’s: a simulator')
    .option(...EMBEDDED_DATA)
    .action(connect);
  tenant
    .command('check <short-name>')
    .description('say what a tenant’s connection may do, and which policy types answer')
    .option(...EMBEDDED_DATA)
    .action(check);
  tenant
    .command('disconnect <short-name>')
    .description('remove a tenant’s connection and its credential')
    .option(...EMBEDDED_DATA)
    .action(disconnect);
}

async function connect(slug: string, flags: ConnectFlags): Promise<void> {
  const terminal = ownTerminal();
  const directoryId = flags.directory ?? (await asked(terminal, '--directory', 'Directory (tenant) id: '));
  const clientId = flags.client ?? (await asked(terminal, '--client', 'Application (client) id: '));
  await usable(() => assertIds({ directoryId, clientId }));
  const { credential, secretEndsOn } = await credentialOf(flags, terminal);
  const given = {
    directoryId,
    clientId,
    secretEndsOn,
    cloud: flags.cloud,
    assertionAlgorithm: flags.assertionAlgorithm,
    authority: flags.authority ?? null,
    graphUrl: flags.graphUrl ?? null,
  };
  const credentialId = systemChance.uuid();
  const facts = { credentialId, now: systemClock.now() };
  const connection = await usable(() => connectionAsGiven(given, credential, facts));
  await onInstallation(flags, async (installation) => {
    const { ledger, primary, masterKey } = installation;
    const { tenantId, graphSignIn } = await tenantNamed(installation, slug);
    const stored: GraphCredential = { ...credential };
    const tokens = tokensWith(stored, tenantId, connection.signIn);
    const token = await signedIn(tokens, (error) => nothingChanged(error, connection.signIn));
    await assertGraphTakes(tokens, connection.baseUrl);
    const credentials = createGraphCredentialStore({ db: primary, masterKey });
    await credentials.removeOld(tenantId, [graphSignIn?.credential.id ?? null]);
    await credentials.set(tenantId, credentialId, stored);
    await setGraphConnection(ledger, tenantId, connection, commandLineChange());
    printLine(`${slug} is connected.`);
    if (connection.signIn) printPermissions(token, connection.signIn);
    await queueCheck(installation, { tenantId, credentialId });
  });
}

/** Queues a check of the new connection, which the running product carries out, now or once it is started. */
async function queueCheck(
  installation: Installation,
  connection: { readonly tenantId: string; readonly credentialId: string },
): Promise<void> {
  const { bus, config, isRunning, ledger, masterKey, primary } = installation;
  const starts = {
    bus,
    ledger,
    operations: builtInOperations,
    clock: systemClock,
    artifacts: createArtifactStore({ db: primary, masterKey }),
    logger: createLogger('warn'),
    publishTimeoutMs: config.OPSLEDGER_PUBLISH_TIMEOUT_MS,
  };
  const initiator = { kind: 'api', clientId: LOCAL_CLIENT_ID, name: LOCAL_CLIENT_NAME } as const;
  const check = { ...connection, initiator, correlationId: systemChance.uuid() };
  const result = await startConnectionCheck(starts, check);
  if (result.kind === 'refused')
    return printLine(`It could not be checked what works with it: ${result.message}`);
  printLine(
    isRunning
      ? `What works with it is being checked by run ${result.runId}.`
      : `Run ${result.runId} checks what works with it, as soon as a worker takes it.`,
  );
}

async function check(slug: string, flags: DataFlag): Promise<void> {
  await onInstallation(flags, async (installation) => {
    const { tenantId, graphBaseUrl, graphSignIn } = await tenantNamed(installation, slug);
    if (graphBaseUrl === null)
      throw new CommandFailure(
        `${slug} is not connected. Connect it with: opsledger tenant connect ${slug} …`,
      );
    const stored = await createGraphCredentialStore({
      db: installation.primary,
      masterKey: installation.masterKey,
    }).get(tenantId, graphSignIn?.credential.id ?? null);
    const token = tokensWith(stored, tenantId, graphSignIn);
    const text = await signedIn(token);
    if (graphSignIn) printPermissions(text, graphSignIn);
    const client = readerOf(graphBaseUrl, token);
    const roles = tokenClaims(text)?.roles ?? null;
    for (const type of POLICY_TYPES) {
      const answer = await client.get(`${type.path}?$top=1`).then(
        () => 'answers',
        (error: unknown) => {
          if (!(error instanceof GraphError)) throw error;
          const { reasonCode, reason } = whyUnread(type, error, roles);
          return `${reasonCode}: ${reason}`;
        },
      );
      printLine(`${type.label.padEnd(30)}  ${answer}`);
    }
  });
}

async function disconnect(slug: string, flags: DataFlag): Promise<void> {
  await onInstallation(flags, async (installation) => {
    const { ledger, primary, masterKey } = installation;
    const { tenantId } = await tenantNamed(installation, slug);
    await removeGraphConnection(ledger, tenantId, commandLineChange());
    await createGraphCredentialStore({ db: primary, masterKey }).removeAll(tenantId);
    printLine(`${slug} is not connected any more.`);
  });
}

/** The tenant's state from its stream. Errors: TenantRefusal when there is none. */
async function tenantNamed(
  installation: Installation,
  named: string,
): Promise<TenantState & { tenantId: string }> {
  const tenantId = tenantIdFrom(installation, named);
  const { state } = await readTenant(installation.ledger, tenantId);
  return { tenantId, ...requireRegistered(state) };
}

function tokensWith(
  stored: GraphCredential | undefined,
  tenantId: string,
  graphSignIn: GraphSignIn | null,
): TokenSource {
  const credentials = { get: async () => stored };
  const fetch = createOutgoingFetch(process.env);
  return createTokensOf({ credentials, clock: systemClock, fetch })({ tenantId, graphSignIn });
}

/** Signs in and returns a token. Errors: CommandFailure with the reason when there is none, and more words on it. */
async function signedIn(token: TokenSource, more: (error: GraphError) => string = () => ''): Promise<string> {
  try {
    return await token({ refused: null, claims: null });
  } catch (error) {
    if (error instanceof GraphError) throw new CommandFailure(`${asSentence(error.message)}${more(error)}`);
    throw error;
  }
}

/** What becomes of a connection that can't sign in. Prints where an administrator consents, if that is missing. */
function nothingChanged({ reasonCode }: GraphError, signIn: GraphSignIn | null): string {
  const isAboutConsent = reasonCode === 'consent_missing' || reasonCode === 'app_unknown';
  // Errors are printed without the queries of addresses.
  if (isAboutConsent && signIn) printLine(`An administrator consents at ${adminConsentAddress(signIn)}`);
  const isAway = reasonCode === 'graph_unavailable';
  return ` Nothing was changed.${isAway ? ' Look at firewall and proxy, or try again later.' : ''}`;
}

const asSentence = (words: string): string => (words.endsWith('.') ? words : `${words}.`);

const readerOf = (baseUrl: string, token: TokenSource): GraphReader =>
  createGraphClient({
    baseUrl,
    token,
    readOnly: true,
    clock: systemClock,
    chance: systemChance,
    fetch: createOutgoingFetch(process.env),
  });

/**
 * Reads one policy, so that a token which Graph doesn't take, such as another directory's, connects nothing. A missing
 * permission is no reason against it. Errors: CommandFailure.
 */
async function assertGraphTakes(token: TokenSource, baseUrl: string): Promise<void> {
  const [type] = POLICY_TYPES;
  try {
    await readerOf(baseUrl, token).get(`${type?.path}?$top=1`);
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    if (error.reasonCode === 'graph_unavailable' || concernsEveryCall(error))
      throw new CommandFailure(
        `Entra gave a token, but nothing could be read with it. ${asSentence(error.message)} Nothing was changed.`,
      );
  }
}

function printPermissions(token: string, signIn: GraphSignIn): void {
  const { directoryId, clientId, cloud, credential } = signIn;
  const ends = credential.endsAt === null ? '' : `, good until ${credential.endsAt}`;
  printLine(
    `Directory ${directoryId}, app ${clientId}, ${CLOUDS[cloud].label}, by ${credential.kind}${ends}.`,
  );
  const roles = tokenClaims(token)?.roles ?? [];
  printLine(`Permissions: ${roles.length === 0 ? 'none' : [...roles].sort().join(', ')}`);
  const consent = adminConsentAddress(signIn);
  if (roles.length === 0) printLine(`An administrator consents at ${consent}`);
}
