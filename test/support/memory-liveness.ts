import type { Lease } from '../../src/liveness/lease.js';
import type { Liveness } from '../../src/liveness/liveness.js';
import type { WaitingTimes } from '../../src/liveness/waiting-times.js';

interface Beat {
  readonly attempt: number;
  readonly worker: string;
  readonly sign: string;
}

/** Signs of life in memory, which tests can read. `over` replaces some of its functions. */
export function memoryLiveness(
  over: Partial<Liveness> = {},
): Liveness & { readonly beats: Map<string, Beat> } {
  const beats = new Map<string, Beat>();
  const verdicts = new Map<string, { attempt: number; sign: string; silentMs: number }>();
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
    async recordSilence({ runId, attempt, sign, silentMs }) {
      verdicts.set(runId, { attempt, sign, silentMs });
    },
    async notedSilenceMs({ runId, attempt }) {
      const verdict = verdicts.get(runId);
      const sign = beats.get(runId)?.sign ?? '';
      return verdict?.attempt === attempt && verdict.sign === sign ? verdict.silentMs : 0;
    },
    probe: async () => undefined,
    forget: async (_tenantId, runId) => void beats.delete(runId),
    ...over,
  };
}

/** A lease for the only process that exists. */
export const onlyProcess: Lease = { hold: async () => true, release: async () => undefined };

/** Waiting times in memory. They count from 0 again in each attempt of a run. */
export function memoryWaits(): WaitingTimes {
  const waits = new Map<string, { readonly attempt: number; readonly waitedMs: number }>();
  return {
    async add(runs) {
      for (const { runId, attempt, addedMs } of runs) {
        const known = waits.get(runId);
        waits.set(runId, { attempt, waitedMs: addedMs + (known?.attempt === attempt ? known.waitedMs : 0) });
      }
      return new Map(runs.map(({ runId }) => [runId, waits.get(runId)?.waitedMs ?? 0]));
    },
  };
}
