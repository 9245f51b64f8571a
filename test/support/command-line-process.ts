/**
 * A process that carries out one command line after another for its parent, so that Node.js starts and the product's
 * modules load only once.
 */
import { runCommandLine } from '../../src/cli/run-command-line.js';
import type { CommandLineAnswer, CommandLineRequest } from './command-line.js';

let last = Promise.resolve();

process.on('message', (request: CommandLineRequest) => {
  last = last.then(async () => void process.send?.(await carryOut(request)));
});

async function carryOut({ args, environment }: CommandLineRequest): Promise<CommandLineAnswer> {
  const own = { ...process.env };
  const writeOutput = process.stdout.write;
  const writeError = process.stderr.write;
  let [stdout, stderr] = ['', ''];
  Object.assign(process.env, environment);
  process.stdout.write = (chunk: string | Uint8Array) => {
    stdout += Buffer.from(chunk).toString();
    return true;
  };
  process.stderr.write = (chunk: string | Uint8Array) => {
    stderr += Buffer.from(chunk).toString();
    return true;
  };
  process.exitCode = 0;
  try {
    await runCommandLine(args);
  } finally {
    process.stdout.write = writeOutput;
    process.stderr.write = writeError;
    for (const name of Object.keys(environment)) {
      const before = own[name];
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    }
  }
  const code = Number(process.exitCode);
  process.exitCode = 0;
  return { code, stdout, stderr };
}
