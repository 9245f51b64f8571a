import type { Liveness } from '../../src/liveness/liveness.js';

interface Beat {
  readonly attempt: number;
  readonly worker: string;
  readonly sign: string;
}

/** Signs of life in memory, with a look at them for tests; `over` replaces single calls. */
export function memoryLiveness(
  over: Partial<Liveness> = {},
): Liveness & { readonly beats: Map<string, Beat> } {
  const beats = new Map<string, Beat>();
  let count = 0;
  function put(runId: string, attempt: number, worker: string): void {
    count += 1;
    beats.set(runId, { attempt, worker, sign: `${attempt}@${count}` });
  }
  return {
    beats,
    async beat({ runId, attempt, worker }) {
      if ((beats.get(runId)?.attempt ?? 0) > attempt) return 'superseded';
      put(runId, attempt, worker);
      return 'noted';
    },
    async beatAgain({ runId, attempt, workerEnd }) {
      const known = beats.get(runId);
      if (known?.attempt !== attempt || !known.worker.endsWith(workerEnd)) return false;
      put(runId, attempt, known.worker);
      return true;
    },
    lastSigns: async (runs) =>
      new Map(
        runs.flatMap(({ runId }) => {
          const beat = beats.get(runId);
          return beat ? [[runId, beat.sign] as const] : [];
        }),
      ),
    probe: async () => undefined,
    forget: async (_tenantId, runId) => void beats.delete(runId),
    ...over,
  };
}
