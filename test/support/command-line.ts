import { askedProcess } from './asked-process.js';
import { programEnvironment } from './running-product.js';

export interface CommandLineRequest {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface CommandLineAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Carries out a command line of the product. */
export type CommandLine = (
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
) => Promise<CommandLineAnswer>;

/**
 * Runs the product's command line in one process for many commands, one after the other. It is for commands that end
 * by themselves; `runCli` checks that their process ends too. Ends at teardown.
 */
export function commandLine(t: { teardown(end: () => Promise<unknown>): void }): CommandLine {
  const entry = new URL('./command-line-process.js', import.meta.url);
  const ask = askedProcess<CommandLineRequest, CommandLineAnswer>(t, entry, programEnvironment());
  return (args, environment = {}) => ask({ args, environment });
}
