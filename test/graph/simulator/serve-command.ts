import { Command } from 'commander';
import { registerGraphSimulatorCommands } from '../../../src/graph/simulator/commands.js';
import { CommandFailure } from '../../../src/process/exit.js';

/** Runs only this command, in a process of its own. */
const program = new Command('opsledger');
registerGraphSimulatorCommands(program);
await program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof CommandFailure)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
});
