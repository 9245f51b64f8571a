import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { CommandFailure, EXIT } from '../../process/exit.js';
import { stopOnSignals } from '../../process/signals.js';
import { errorMessage } from '../../wording/error-message.js';
import { issuesInWords } from '../../wording/issue-words.js';
import { DOCUMENTED_LIMITS } from '../request-limits.js';
import { demoTenant } from './demo/demo-tenant.js';
import { type EntraSetup, entraSetupSchema } from './entra/entra-setup.js';
import { type GraphSimulator, startGraphSimulator } from './start-graph-simulator.js';

interface SimulatorFlags {
  readonly data?: string;
  readonly port: number;
  readonly demo?: true;
  readonly seed: string;
  readonly throttle?: true;
  readonly entra?: string;
}

const DEFAULT_PORT = 8765;

/** Adds `opsledger graph-simulator` to the program. */
export function registerGraphSimulatorCommands(program: Command): void {
  program
    .command('graph-simulator')
    .description('serve exported policies over HTTP as Microsoft Graph would')
    .option('--data <dir>', 'folder of exports, read with its subfolders; served to whichever tenant asks')
    .option('--demo', 'serve generated tenants that change between inventories instead')
    .option('--seed <text>', 'what the generated tenants are made from', 'opsledger')
    .option('--entra <file>', 'simulate Entra too: directories and apps, as docs/graph.md says')
    .option('--port <number>', 'port on the loopback interface (0: any free one)', parsePort, DEFAULT_PORT)
    .option('--throttle', "refuse requests beyond Graph's documented limits")
    .action(serve);
}

async function serve(flags: SimulatorFlags): Promise<void> {
  if ((flags.data === undefined) === (flags.demo === undefined))
    throw new CommandFailure('Give either --data DIR or --demo.', EXIT.usage);
  const entra = flags.entra === undefined ? undefined : await entraSetupOf(flags.entra);
  const simulator = await start(flags, entra).catch((error: unknown) => {
    throw startFailure(error, flags);
  });
  process.stdout.write(report(simulator, flags));
  await stopOnSignals().requested;
  await simulator.stop();
}

async function entraSetupOf(file: string): Promise<EntraSetup> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CommandFailure(`The file ${file} can’t be read.`, EXIT.usage);
  });
  try {
    const parsed = entraSetupSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    throw new CommandFailure(`${file}: ${issuesInWords(parsed.error)}`, EXIT.usage);
  } catch (error) {
    if (error instanceof SyntaxError) throw new CommandFailure(`${file} is no JSON.`, EXIT.usage);
    throw error;
  }
}

function start(flags: SimulatorFlags, entra: EntraSetup | undefined): Promise<GraphSimulator> {
  return startGraphSimulator({
    source:
      flags.data === undefined ? { tenant: (key) => demoTenant(flags.seed, key) } : { folder: flags.data },
    port: flags.port,
    ...(entra && { entra }),
    ...(flags.throttle ? { throttle: DOCUMENTED_LIMITS } : {}),
  });
}

/** The report at start: what was read, what was wrong with it, and the address as the last line. */
function report(simulator: GraphSimulator, flags: SimulatorFlags): string {
  const problems = simulator.problems.map(
    ({ file, problem, served }) => `${served ? 'note' : 'left out'}: ${file} ${problem}`,
  );
  const counts = Object.entries(simulator.counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, count]) => `${String(count).padStart(6)}  ${path}`);
  const total = Object.values(simulator.counts).reduce((sum, count) => sum + count, 0);
  const served = flags.demo ? ['generated tenants, one for each that asks'] : [...counts, `${total} objects`];
  return `${[...problems, ...served, `graph simulator listens on ${simulator.url}`].join('\n')}\n`;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

/** Says why the simulator didn't start. A folder that can't be served is a mistake in the command line. */
function startFailure(error: unknown, flags: SimulatorFlags): CommandFailure {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const folder = flags.data ?? '';
  switch (code) {
    case 'EADDRINUSE':
      return new CommandFailure(
        `Port ${flags.port} is taken by another program. Choose another one with --port.`,
      );
    case 'EACCES':
      return new CommandFailure(`This user may not listen on port ${flags.port}, or not read ${folder}.`);
    case 'ENOENT':
      return new CommandFailure(`There is no folder ${folder}.`, EXIT.usage);
    case 'ENOTDIR':
      return new CommandFailure(`${folder} is no folder.`, EXIT.usage);
    default:
      return new CommandFailure(errorMessage(error));
  }
}
