#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { appVersion } from './app-version.js';
import { CommandFailure, EXIT } from './cli/exit.js';
import { registerProgramCommands } from './cli/program-commands.js';
import { registerRunCommands } from './cli/run-commands.js';
import { registerTenantCommands } from './cli/tenant-commands.js';
import { ConfigError } from './config.js';
import { registerEventStoreCommands } from './embedded/event-store/commands.js';
import { registerGraphSimulatorCommands } from './graph/simulator/commands.js';
import { sanitizeText } from './sanitize/index.js';

const program = new Command('opsledger')
  .description('An event-sourced operations ledger for providers that manage many Microsoft 365 tenants.')
  .version(appVersion)
  .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 not usable (command line or configuration).')
  .showSuggestionAfterError()
  .exitOverride();

registerProgramCommands(program);
registerRunCommands(program);
registerTenantCommands(program);
registerGraphSimulatorCommands(program);
registerEventStoreCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said it already; help and version end well, everything else is a wrong command line.
    process.exitCode =
      error.exitCode === 0 ? EXIT.ok : error.code.startsWith('commander.') ? EXIT.usage : error.exitCode;
  } else if (error instanceof CommandFailure) fail(error.message, error.exitCode);
  else if (error instanceof ConfigError) fail(error.message, EXIT.usage);
  else if (isPortTaken(error))
    fail(`Port ${error.port} is taken by another program. Choose another one with --port.`, EXIT.failed);
  else fail(error instanceof Error ? error.message : String(error), EXIT.failed);
}

/** One sentence for whoever typed the command; what it says may come from outside. */
function fail(message: string, exitCode: number): void {
  process.stderr.write(`${sanitizeText(message)}\n`);
  process.exitCode = exitCode;
}

function isPortTaken(error: unknown): error is Error & { readonly port: number } {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error;
}
