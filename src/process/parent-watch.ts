import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Facts about a process for the watch of parent processes. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  /** Its command line, or the title that it gave itself. */
  readonly command: string;
  /** Distinguishes it from a later process with the same number; empty when the system doesn't tell. */
  readonly began: string;
}

/** Finds a process by its number; undefined when it has ended. */
export type LookUp = (pid: number) => ProcessFacts | undefined;

const CHECK_EVERY_MS = 1_000;
/** Matches npm and similar programs by their title or by the script that they run. */
const PACKAGE_RUNNER = /^(\S*\/)?(npm|npx|pnpm|yarn)\b|\/(npm|npx|pnpm|yarn)(-cli)?\.c?js\b/;
const SHELL_WITH_COMMAND = /^(\S*\/)?(sh|dash|bash|zsh|ash) -\w*c\b/;

/**
 * The processes above this one that would stop it: npm, and the shell in which npm runs scripts. Empty for a process
 * that was started in any other way, because it may run longer than its parent.
 */
export function runnersAbove(parent: number, lookUp: LookUp): readonly ProcessFacts[] {
  const parentFacts = lookUp(parent);
  if (!parentFacts) return [];
  if (PACKAGE_RUNNER.test(parentFacts.command)) return [parentFacts];
  if (!SHELL_WITH_COMMAND.test(parentFacts.command)) return [];
  const runner = lookUp(parentFacts.parent);
  return runner && PACKAGE_RUNNER.test(runner.command) ? [parentFacts, runner] : [];
}

/**
 * Calls `onGone` when npm, or the shell of its script, has ended. Otherwise this process would run for ever after a
 * service manager stopped or killed npm alone. Doesn't keep the process alive.
 */
export function watchRunner(onGone: () => void, lookUp: LookUp = systemProcess): void {
  // A session leader was separated from its parent on purpose.
  const runners = isSessionLeader() ? [] : runnersAbove(process.ppid, lookUp);
  if (runners.length === 0) return;
  const watching = setInterval(() => {
    if (runners.every(({ pid, began }) => lookUp(pid)?.began === began)) return;
    clearInterval(watching);
    onGone();
  }, CHECK_EVERY_MS);
  watching.unref();
}

function isSessionLeader(): boolean {
  try {
    return statFields(process.pid)[3] === String(process.pid);
  } catch {
    return false;
  }
}

/** What the system knows about a process: from /proc on Linux, otherwise from `ps`. */
export function systemProcess(pid: number): ProcessFacts | undefined {
  try {
    if (process.platform !== 'linux') return processFromPs(pid);
    const [state, parent] = statFields(pid);
    // A zombie has ended, although its parent has not collected its exit code.
    if (state === 'Z') return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    return { pid, parent: Number(parent), command, began: statFields(pid)[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** The fields of /proc/PID/stat after the command's closing parenthesis: state, parent, group, session, … (proc(5)). */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function processFromPs(pid: number): ProcessFacts | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'ppid=,lstart=,args=', '-p', String(pid)], { encoding: 'utf8' });
  const [, parent, began, command] =
    /^\s*(\d+)\s+(\w+\s+\w+\s+\d+\s+\S+\s+\d+)\s+(.*)$/m.exec(stdout ?? '') ?? [];
  return command === undefined ? undefined : { pid, parent: Number(parent), command, began: began ?? '' };
}
