import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process as far as the watch of parents goes. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  /** Its command line, or the title that it gave itself, in words. */
  readonly command: string;
  /** Tells it from a later process with the same number; empty where the system doesn't say. */
  readonly began: string;
}

/** Looks a process up; undefined for one that is gone. */
export type LookUp = (pid: number) => ProcessFacts | undefined;

const LOOK_EVERY_MS = 1_000;
/** npm and its kind, by the title they give themselves or by the script they run. */
const PACKAGE_RUNNER = /^(\S*\/)?(npm|npx|pnpm|yarn)\b|\/(npm|npx|pnpm|yarn)(-cli)?\.c?js\b/;
const SHELL_WITH_COMMAND = /^(\S*\/)?(sh|dash|bash|zsh|ash) -\w*c\b/;

/**
 * The processes whose end means that nobody is left who would stop this one: npm, and the shell that it runs
 * scripts in. Empty for a process that was started in any other way, which outlives whoever started it.
 */
export function runnersAbove(parent: number, lookUp: LookUp): readonly ProcessFacts[] {
  const above = lookUp(parent);
  if (!above) return [];
  if (PACKAGE_RUNNER.test(above.command)) return [above];
  if (!SHELL_WITH_COMMAND.test(above.command)) return [];
  const runner = lookUp(above.parent);
  return runner && PACKAGE_RUNNER.test(runner.command) ? [above, runner] : [];
}

/**
 * Calls `onGone` once npm, or the shell of its script, is gone: a service manager that stops or kills npm alone
 * would otherwise leave this process running for ever. Keeps no process alive.
 */
export function watchRunner(onGone: () => void, lookUp: LookUp = systemProcess): void {
  // In a session of its own the process was set apart from its starter on purpose.
  const runners = isSessionLeader() ? [] : runnersAbove(process.ppid, lookUp);
  if (runners.length === 0) return;
  const watching = setInterval(() => {
    if (runners.every(({ pid, began }) => lookUp(pid)?.began === began)) return;
    clearInterval(watching);
    onGone();
  }, LOOK_EVERY_MS);
  watching.unref();
}

function isSessionLeader(): boolean {
  try {
    return statFields(process.pid)[3] === String(process.pid);
  } catch {
    return false;
  }
}

/** What the system says of a process: on Linux from /proc, elsewhere from `ps`. */
export function systemProcess(pid: number): ProcessFacts | undefined {
  try {
    if (process.platform !== 'linux') return askedOfPs(pid);
    const [state, parent] = statFields(pid);
    // A process that ended and whose parent has not asked for it yet is gone all the same.
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

function askedOfPs(pid: number): ProcessFacts | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'ppid=,lstart=,args=', '-p', String(pid)], { encoding: 'utf8' });
  const [, parent, began, command] =
    /^\s*(\d+)\s+(\w+\s+\w+\s+\d+\s+\S+\s+\d+)\s+(.*)$/m.exec(stdout ?? '') ?? [];
  return command === undefined ? undefined : { pid, parent: Number(parent), command, began: began ?? '' };
}
