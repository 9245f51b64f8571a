import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { CommandFailure, EXIT } from '../../process/exit.js';
import { stopOnSignals } from '../../process/signals.js';
import { EventStoreConfigurationError, startEventStore } from './event-store-server.js';
import type { EventStoreLogger } from './logger.js';
import type { CopyReport } from './tools/copy-event-store.js';

interface ServeFlags {
  readonly data?: string;
  readonly port: number;
  readonly host: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

interface CopyFlags {
  readonly from: string;
  readonly to: string;
}

const DEFAULT_PORT = 2113;
const USER_VARIABLE = 'OPSLEDGER_EVENT_STORE_USER';
const PASSWORD_VARIABLE = 'OPSLEDGER_EVENT_STORE_PASSWORD';

/** Adds `opsledger event-store` with `verify` and `copy`. */
export function registerEventStoreCommands(program: Command): void {
  const command = program
    .command('event-store')
    .description("serve an event store that speaks EventStoreDB's protocol, in one process and one folder")
    .option('--data <dir>', 'folder that holds it; created when it is not there')
    .option('--port <number>', 'port (0: any free one)', parsePort, DEFAULT_PORT)
    .option(
      '--host <address>',
      'address to listen on; any but loopback needs user, password and TLS',
      '127.0.0.1',
    )
    .option('--tls-cert <file>', 'certificate, PEM')
    .option('--tls-key <file>', "the certificate's key, PEM")
    .addHelpText(
      'after',
      `\nEnvironment: ${USER_VARIABLE} and ${PASSWORD_VARIABLE} set the user and password that clients must give.`,
    )
    .action((flags: ServeFlags) => refusingConfiguration(() => serve(flags)));
  command
    .command('verify <dir>')
    .description('check all files of a store that is not running')
    .action(verify);
  command
    .command('copy')
    .description('copy all events into another server of the protocol, such as a real EventStoreDB')
    .requiredOption('--from <dir or address>', 'folder of a store that is not running, or esdb:// address')
    .requiredOption('--to <address>', 'esdb:// address of the server to copy into')
    .action(copy);
}

/** Ends a command whose configuration isn't usable as every command does. */
async function refusingConfiguration(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (error instanceof EventStoreConfigurationError) throw new CommandFailure(error.message, EXIT.usage);
    throw error;
  }
}

async function serve(flags: ServeFlags): Promise<void> {
  if (flags.data === undefined)
    throw new CommandFailure('--data DIR is missing: it is the folder that holds the events.', EXIT.usage);
  const credentials = credentialsFromEnvironment();
  const tls = tlsFrom(flags);
  const stopping = stopOnSignals();
  const store = await startEventStore({
    dataDir: flags.data,
    host: flags.host,
    port: flags.port,
    logger: stderrLogger,
    ...(credentials ? { credentials } : {}),
    ...(tls ? { tls } : {}),
  });
  process.stdout.write(`${store.url}\n`);
  await stopping.requested;
  await store.stop();
}

function credentialsFromEnvironment() {
  const username = process.env[USER_VARIABLE];
  const password = process.env[PASSWORD_VARIABLE];
  if (!username && !password) return undefined;
  if (!username || !password) {
    throw new EventStoreConfigurationError(`Set both ${USER_VARIABLE} and ${PASSWORD_VARIABLE}, or neither.`);
  }
  return { username, password };
}

function tlsFrom({ tlsCert, tlsKey }: ServeFlags) {
  if (!tlsCert && !tlsKey) return undefined;
  if (!tlsCert || !tlsKey) throw new EventStoreConfigurationError('Give --tls-cert together with --tls-key.');
  return { certificate: readPem('--tls-cert', tlsCert), key: readPem('--tls-key', tlsKey) };
}

function readPem(option: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new EventStoreConfigurationError(`${option}: the file ${file} can’t be read.`);
  }
}

async function verify(dir: string): Promise<void> {
  const { verifyEventStore } = await import('./tools/verify-event-store.js');
  const report = await verifyEventStore(dir);
  for (const note of report.notes) process.stdout.write(`note: ${note}\n`);
  for (const problem of report.problems) process.stdout.write(`damaged: ${problem}\n`);
  const extent = `${report.events} events in ${report.files} files, ${report.bytes} bytes`;
  process.stdout.write(report.whole ? `whole: ${extent}\n` : `not whole: ${extent}\n`);
  if (!report.whole) process.exitCode = EXIT.failed;
}

async function copy({ from, to }: CopyFlags): Promise<void> {
  const describe = ({ events, streams, placeholders }: CopyReport) =>
    `${events} events of ${streams} streams, ${placeholders} placeholders for truncated ones`;
  // Loaded here because it needs EventStoreDB's client, which serving does not.
  const { copyEventStore } = await import('./tools/copy-event-store.js');
  const report = await copyEventStore({
    from,
    to,
    onProgress: (copied) => process.stderr.write(`${describe(copied)}\n`),
  });
  process.stdout.write(`copied ${describe(report)}\n`);
}

const say = (level: string) => (fields: object, message: string) =>
  void process.stderr.write(`${JSON.stringify({ level, ...fields, message })}\n`);
const stderrLogger: EventStoreLogger = { info: say('info'), warn: say('warn'), error: say('error') };

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('not a port');
  return port;
}
