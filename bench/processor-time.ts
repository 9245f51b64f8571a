import { readdirSync, readFileSync } from 'node:fs';

/** Processor time, user and system together, in milliseconds. */
export interface ProcessorTime {
  /** This process, including the clients that run in it. */
  readonly program: number;
  readonly eventStore: number;
  readonly postgres: number;
}

/** Clock ticks a second of `/proc/<pid>/stat`; the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly ms: number;
}

/**
 * Processor time that this process and the processes that it started have used so far. Children that have ended count
 * for their parent. Linux only.
 */
export function processorTime(): ProcessorTime {
  const processes = readProcesses();
  const { user, system } = process.cpuUsage();
  const times = { program: (user + system) / 1000, eventStore: 0, postgres: 0 };
  const add = (parent: number) => {
    for (const { pid, name, ms } of processes.filter((one) => one.parent === parent)) {
      times[name.startsWith('postgres') ? 'postgres' : 'eventStore'] += ms;
      add(pid);
    }
  };
  add(process.pid);
  return times;
}

/** The difference between two readings. */
export const usedSince = (before: ProcessorTime, now = processorTime()): ProcessorTime => ({
  program: now.program - before.program,
  eventStore: now.eventStore - before.eventStore,
  postgres: now.postgres - before.postgres,
});

function readProcesses(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))];
      } catch {
        // The process has already ended.
        return [];
      }
    });
}

/** Reads a line of `/proc/<pid>/stat`. The name is in brackets and may contain brackets itself. */
function parseStat(line: string): Process {
  const end = line.lastIndexOf(')');
  const name = line.slice(line.indexOf('(') + 1, end);
  const fields = line
    .slice(end + 2)
    .split(' ')
    .map(Number);
  const [, parent = 0] = fields;
  // utime, stime, and those of children that were waited for.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + field, 0);
  return { pid: Number.parseInt(line, 10), parent, name, ms: (ticks * 1000) / TICKS_PER_SECOND };
}
