#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { appVersion } from './app-version.js';
import { registerCommands } from './cli/register-commands.js';
import { CommandFailure, EXIT } from './process/exit.js';

const program = new Command('opsledger')
  .description('An event-sourced operations ledger for providers that manage many Microsoft 365 tenants.')
  .version(appVersion)
  .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 not usable (command line or configuration).')
  .showSuggestionAfterError()
  .exitOverride();

// A reader of the output may end before all is written (`opsledger --help | head -1`).
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await registerCommands(program, process.argv[2]);
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed the message. Help and version are no errors; everything else is a wrong command line.
    process.exitCode =
      error.exitCode === 0 ? EXIT.ok : error.code.startsWith('commander.') ? EXIT.usage : error.exitCode;
  } else if (error instanceof CommandFailure) await fail(error.message, error.exitCode);
  else if (isConfigError(error)) await fail(error.message, EXIT.usage);
  else if (isPortTaken(error)) {
    await fail(
      `Port ${error.port} is taken by another program. Choose another one with --port.`,
      EXIT.failed,
    );
  } else await fail(error instanceof Error ? error.message : String(error), EXIT.failed);
}

/** Prints one sentence for the person who typed the command. It is sanitized, because it may quote text from outside. */
async function fail(message: string, exitCode: number): Promise<void> {
  process.exitCode = exitCode;
  const { sanitizeText } = await import('./sanitize/index.js');
  process.stderr.write(`${sanitizeText(message)}\n`);
}

/** Checks the name only, because importing the class would load a schema library that most commands do not need. */
function isConfigError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ConfigError';
}

function isPortTaken(error: unknown): error is Error & { readonly port: number } {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error;
}
