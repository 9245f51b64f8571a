import { fork } from 'node:child_process';
import { once } from 'node:events';
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
  const child = fork(new URL('./command-line-process.js', import.meta.url), [], {
    env: programEnvironment(),
    execArgv: [],
  });
  const exited = once(child, 'exit');
  const gone = exited.then(([code]) => {
    throw new Error(`the process of the command line ended with ${code}`);
  });
  gone.catch(() => undefined);
  t.teardown(async () => {
    child.disconnect();
    await exited;
  });
  let last: Promise<unknown> = Promise.resolve();
  return (args, environment = {}) => {
    const answer = last.then(async () => {
      child.send({ args, environment } satisfies CommandLineRequest);
      const [said] = await Promise.race([once(child, 'message'), gone]);
      return said as CommandLineAnswer;
    });
    last = answer.catch(() => undefined);
    return answer;
  };
}
