import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A module of the tests that runs as a process of its own. */
export interface ModuleProcess {
  readonly child: ChildProcess;
  /** Its next line of output. Rejects with its output on stderr when it ends before. */
  line(): Promise<string>;
  /** All of its output when it ended without an error; rejects otherwise. */
  output(): Promise<string>;
}

/** Runs a module in a new process, without the loader that tap adds to NODE_OPTIONS. */
export function startModule(
  module: URL,
  args: readonly string[],
  options: { readonly uid?: number; readonly gid?: number; readonly cwd?: string } = {},
): ModuleProcess {
  const { NODE_OPTIONS: _loader, ...env } = process.env;
  const child = spawn(process.execPath, [fileURLToPath(module), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string | undefined> => {
    const { value, done } = await lines.next();
    return done ? undefined : value;
  };
  return {
    child,
    async line() {
      const line = await nextLine();
      if (line === undefined) throw new Error(`${module.pathname} ended: ${complaints}`);
      return line;
    },
    async output() {
      const closed = once(child, 'close');
      const all: string[] = [];
      for (let line = await nextLine(); line !== undefined; line = await nextLine()) all.push(line);
      const [code] = await closed;
      if (code !== 0) throw new Error(`${module.pathname} ended with ${code}: ${complaints}`);
      return all.join('\n');
    },
  };
}
