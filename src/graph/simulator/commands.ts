import { type Command, InvalidArgumentError } from 'commander';
import { demoTenant } from './demo/demo-tenant.js';
import { type GraphSimulator, startGraphSimulator } from './start-graph-simulator.js';
import { INTUNE_LIMITS } from './throttle-budget.js';

interface SimulatorFlags {
  readonly data?: string;
  readonly port: number;
  readonly demo?: true;
  readonly seed: string;
  readonly throttle?: true;
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
    .option('--port <number>', 'port on the loopback interface (0: any free one)', parsePort, DEFAULT_PORT)
    .option('--throttle', "refuse requests beyond Intune's documented limits")
    .action(async (flags: SimulatorFlags, command: Command) => {
      if ((flags.data === undefined) === (flags.demo === undefined))
        command.error('error: give either --data DIR or --demo', { exitCode: 2 });
      const simulator = await start(flags).catch((error: unknown) =>
        command.error(`error: ${startProblem(error, flags)}`, { exitCode: 1 }),
      );
      process.stdout.write(report(simulator, flags));
      const stop = () => {
        void simulator.stop();
      };
      process.once('SIGINT', stop).once('SIGTERM', stop);
    });
}

function start(flags: SimulatorFlags): Promise<GraphSimulator> {
  return startGraphSimulator({
    source:
      flags.data === undefined ? { tenant: (key) => demoTenant(flags.seed, key) } : { folder: flags.data },
    port: flags.port,
    ...(flags.throttle ? { throttle: INTUNE_LIMITS } : {}),
  });
}

/** What was read, what was wrong with it, and the address as the last line. */
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

function startProblem(error: unknown, flags: SimulatorFlags): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE') return `port ${flags.port} is taken; choose another with --port`;
  if (code === 'EACCES')
    return `no permission to listen on port ${flags.port} or to read ${flags.data ?? ''}`;
  if (code === 'ENOENT') return `there is no folder ${flags.data ?? ''}`;
  if (code === 'ENOTDIR') return `${flags.data ?? ''} is no folder`;
  return error instanceof Error ? error.message : 'the simulator did not start';
}
