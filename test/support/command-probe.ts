/** A handler for tests that records its deliveries. The test decides when each delivery ends. */
import { EventEmitter, once } from 'node:events';
import type { CommandHandler, Disposition, RunCommand } from '../../src/bus/command-bus.js';

export const done: Disposition = { kind: 'done' };

/** A delivery whose handler is running. */
export interface Begun {
  readonly command: RunCommand;
  readonly signal: AbortSignal;
  readonly beganMs: number;
  end(disposition: Disposition): void;
  fail(error: Error): void;
}

export interface CommandProbe {
  readonly handle: CommandHandler;
  /** Everything that has begun so far, in order. */
  readonly begun: readonly Begun[];
  /** Waits until at least `count` deliveries have begun. Returns the one with that number. */
  nth(count: number): Promise<Begun>;
  /** Waits until this run has begun for the `times`th time. */
  run(runId: string, times?: number): Promise<Begun>;
  /** How many handlers run now, and the most that ran at once. */
  running(): number;
  mostRunning(by?: (command: RunCommand) => string): number;
}

/** `answer` decides at once. Without it each delivery waits for a call of its `end`. */
export function createCommandProbe(answer?: CommandHandler): CommandProbe {
  const begun: Begun[] = [];
  const running = new Set<RunCommand>();
  const high: RunCommand[][] = [];
  const events = new EventEmitter();
  events.setMaxListeners(0);

  const handle: CommandHandler = async (command, signal) => {
    running.add(command);
    high.push([...running]);
    const answered = new Promise<Disposition>((end, fail) => {
      begun.push({ command, signal, beganMs: performance.now(), end, fail });
    });
    events.emit('begun');
    try {
      return await (answer === undefined ? answered : answer(command, signal));
    } finally {
      running.delete(command);
    }
  };

  async function until(find: () => Begun | undefined): Promise<Begun> {
    while (true) {
      const found = find();
      if (found !== undefined) return found;
      await once(events, 'begun');
    }
  }

  return {
    handle,
    begun,
    nth: (count) => until(() => begun[count - 1]),
    run: (runId, times = 1) => until(() => begun.filter(({ command }) => command.runId === runId)[times - 1]),
    running: () => running.size,
    mostRunning(by) {
      return Math.max(0, ...high.map((commands) => largestGroup(commands, by ?? (() => 'all'))));
    },
  };
}

function largestGroup(commands: readonly RunCommand[], by: (command: RunCommand) => string): number {
  const sizes = new Map<string, number>();
  for (const command of commands) sizes.set(by(command), (sizes.get(by(command)) ?? 0) + 1);
  return Math.max(0, ...sizes.values());
}
