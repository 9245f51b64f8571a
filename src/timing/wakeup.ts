/** Lets a loop wait until something has changed. Check the condition and call `wait` without an await between them. */
export interface Wakeup {
  notify(): void;
  /** Resolves at the next `notify` or when the signal aborts. Never rejects. */
  wait(signal: AbortSignal): Promise<void>;
}

export function createWakeup(): Wakeup {
  const sleepers = new Set<() => void>();
  return {
    notify() {
      for (const wake of [...sleepers]) wake();
    },
    wait(signal) {
      return new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const wake = () => {
          sleepers.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        sleepers.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    },
  };
}
