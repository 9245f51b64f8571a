import { Command, CommanderError } from 'commander';
import { appVersion } from '../app-version.js';
import { CommandFailure, EXIT } from '../process/exit.js';
import { errorMessage } from '../wording/error-message.js';
import { registerCommands } from './register-commands.js';

/**
 * Carries out one command line and sets the exit code of the process. An error is printed as one sentence for the
 * person who typed the command.
 */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  const program = new Command('opsledger')
    .description('An event-sourced operations ledger for providers that manage many Microsoft 365 tenants.')
    .version(appVersion)
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 not usable (command line or configuration).')
    .showSuggestionAfterError()
    .exitOverride();
  try {
    await registerCommands(program, args[0]);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    await fail(error, args[0]);
  }
}

async function fail(error: unknown, command: string | undefined): Promise<void> {
  if (error instanceof CommanderError) {
    // Commander has printed the message. Help and version are not errors; everything else is a wrong command line.
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else if (error instanceof CommandFailure) await print(error.message, error.exitCode);
  else if (isConfigError(error)) await print(error.message, EXIT.usage);
  else if (isPortTaken(error)) {
    await print(
      `Port ${error.port} is taken by another program. Choose another one with ${portSetting(command)}.`,
      EXIT.failed,
    );
  } else await print(errorMessage(error), EXIT.failed);
}

/** How the port of a command is chosen: the separate roles are configured by variables alone. */
const portSetting = (command: string | undefined): string =>
  command === 'web' ? 'OPSLEDGER_PORT' : '--port';

/** Prints a sentence, which is sanitized because it may quote text from outside. */
async function print(message: string, exitCode: number): Promise<void> {
  process.exitCode = exitCode;
  const { sanitizeText } = await import('../sanitize/index.js');
  process.stderr.write(`${sanitizeText(message)}\n`);
}

/** Checks the name only, because importing the class would load a schema library that most commands do not need. */
function isConfigError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ConfigError';
}

function isPortTaken(error: unknown): error is Error & { readonly port: number } {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error;
}
