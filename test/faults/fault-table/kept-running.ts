import { systemClock } from '../../../src/clock.js';
import type { FaultProcess } from '../../support/fault-bed.js';

/** As the service file in docs/operating.md has it: `Restart=always`, which waits a little. */
const RESTART_AFTER_MS = 1_000;

/** A process that is started again whenever it ends, as a service manager does it. */
export interface KeptProcess {
  readonly name: string;
  readonly pid: number;
  signal(name: NodeJS.Signals): void;
  /** What the processes that have ended logged since the last call, and how each of them ended. */
  ends(): readonly { readonly code: number | string; readonly complaints: string }[];
  /** Ends it with this signal, and starts none until `resume`. */
  pause(name: NodeJS.Signals): Promise<void>;
  resume(): void;
}

/** Starts a process and keeps it running until `stopped` aborts. */
export function keepRunning(name: string, launch: () => FaultProcess, stopped: AbortSignal): KeptProcess {
  let current = launch();
  let isPaused = false;
  let ends: { code: number | string; complaints: string }[] = [];

  const watch = async (): Promise<void> => {
    for (;;) {
      const code = await current.ended;
      ends.push({ code, complaints: current.complaints() });
      if (isPaused || stopped.aborted) return;
      await systemClock.sleep(RESTART_AFTER_MS, stopped);
      if (isPaused || stopped.aborted) return;
      current = launch();
    }
  };
  let watching = watch();

  return {
    name,
    get pid() {
      return current.pid;
    },
    signal: (signal) => current.signal(signal),
    ends() {
      const since = ends;
      ends = [];
      return since;
    },
    async pause(signal) {
      isPaused = true;
      current.signal(signal);
      await watching;
    },
    resume() {
      isPaused = false;
      current = launch();
      watching = watch();
    },
  };
}
