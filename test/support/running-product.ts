import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../src/app-version.js';

/** The product as users start it: the compiled `opsledger start` in a process of its own. */
export interface RunningProduct {
  readonly url: string;
  readonly dataDir: string;
  /** Its output so far. */
  output(): string;
  /** The sign-in link for a role in the start-up output. */
  signInLink(role: string): string;
  /** Addresses of its log and database, from the instance file. */
  servers(): Promise<{ eventStoreUrl: string; databaseUrl: string }>;
  /** Sends a signal. Returns the exit code or the name of the signal that ended the process. */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

interface Teardown {
  teardown(end: () => Promise<void>): void;
}

const CLI = path.join(packageRoot, 'dist', 'src', 'cli.js');

/** A folder that is removed at teardown. */
export async function temporaryFolder(t: Teardown, name: string): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), `opsledger-${name}-`));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The environment for a program that is not a test: without the loaders that the test runner adds. */
export function programEnvironment(over: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...environment } = process.env;
  return { ...environment, ...over };
}

/** Runs a command of the compiled CLI to its end. */
export async function runCli(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [CLI, ...args], { env: programEnvironment(environment) });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? -1)));
  return { code, stdout, stderr };
}

/** Starts the product and waits for its address, which it prints as the last line before it serves. */
export async function startProduct(
  t: Teardown,
  dataDir: string,
  args: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
): Promise<RunningProduct> {
  const child = spawn(process.execPath, [CLI, 'start', '--port', '0', '--data', dataDir, ...args], {
    env: programEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = new Promise<number | string>((resolve) =>
    child.on('close', (code, signal) => resolve(signal ?? code ?? -1)),
  );
  t.teardown(async () => {
    child.kill('SIGTERM');
    await closed;
  });
  let output = '';
  const url = await addressOf(child, (text) => {
    output += text;
  });
  return {
    url,
    dataDir,
    output: () => output,
    signInLink(role) {
      const link = new RegExp(`^ +${role} +(http\\S+)$`, 'm').exec(output)?.[1];
      if (!link) throw new Error(`no sign-in link for ${role} in:\n${output}`);
      return link;
    },
    async servers() {
      const instance = JSON.parse(await readFile(path.join(dataDir, 'instance.json'), 'utf8'));
      return instance.servers;
    },
    end(signal) {
      child.kill(signal);
      return closed;
    },
  };
}

function addressOf(child: ChildProcess, heard: (text: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = '';
    const listen = (text: string) => {
      all += text;
      heard(text);
      const address = /^(http:\/\/\S+)\n/m.exec(all)?.[1];
      if (address) resolve(address);
    };
    child.stdout?.setEncoding('utf8').on('data', listen);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      all += text;
      heard(text);
    });
    child.on('close', (code) => reject(new Error(`the product ended with ${code}:\n${all}`)));
  });
}
