import {
  type ActiveRunRow,
  activeRuns,
  activeRunsTable,
  toActiveRun,
} from '../../projections/dispatch/active-runs-projection.js';
import { createRowSets, foldEvent } from '../../projections/engine/fold-batch.js';
import type { ActiveRuns } from '../../src/dispatch/active-runs.js';
import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import type { LeaseRow, LeaseStore } from '../../src/liveness/lease.js';
import type { Liveness } from '../../src/liveness/liveness.js';
import type { WaitingTimes } from '../../src/liveness/waiting-times.js';
import { memoryWaits } from '../support/memory-liveness.js';
import type { SimulatedProcess } from './simulated-process.js';

const TIMEOUT_MS = 5_000;

interface Beat {
  readonly attempt: number;
  readonly sign: string;
}

/** The one database: signs of life, and the dispatch projection with its checkpoint. */
export class SimulatedDatabase {
  away = false;
  readonly #beats = new Map<string, Beat>();
  readonly #verdicts = new Map<string, Beat & { readonly silentMs: number }>();
  readonly #leases = new Map<string, LeaseRow>();
  readonly #waits = memoryWaits();
  #rows = new Map<string, ActiveRunRow>();
  #position = -1;
  #signs = 0;

  liveness(process: SimulatedProcess): Liveness {
    const ask = <T>(what: string, work: () => T) => this.#ask(process, what, work);
    return {
      beat: ({ runId, attempt }) =>
        ask('beat', () => {
          if ((this.#beats.get(runId)?.attempt ?? 0) > attempt) return 'superseded' as const;
          this.#signs += 1;
          this.#beats.set(runId, { attempt, sign: `${attempt}@${this.#signs}` });
          return 'noted' as const;
        }),
      beatAgain: () => Promise.reject(new TypeError('no producer takes part')),
      lastSigns: () =>
        ask('last signs', () => new Map([...this.#beats].map(([runId, { sign }]) => [runId, sign]))),
      recordSilence: ({ runId, attempt, sign, silentMs }) =>
        ask('recordSilence', () => void this.#verdicts.set(runId, { attempt, sign, silentMs })),
      notedSilenceMs: ({ runId, attempt }) =>
        ask('judged', () => {
          const verdict = this.#verdicts.get(runId);
          const sign = this.#beats.get(runId)?.sign ?? '';
          return verdict?.attempt === attempt && verdict.sign === sign ? verdict.silentMs : 0;
        }),
      probe: () => ask('probe', () => undefined),
      forget: (_tenantId, runId) => ask('forget', () => void this.#beats.delete(runId)),
    };
  }

  leases(process: SimulatedProcess): LeaseStore {
    return {
      read: (name) => this.#ask(process, 'lease', () => this.#leases.get(name)),
      take: (name, holder, seen) =>
        this.#ask(process, 'take lease', () => {
          const known = this.#leases.get(name);
          if (known?.holder !== seen?.holder || known?.turn !== seen?.turn) return false;
          this.#leases.set(name, { holder, turn: (known?.turn ?? 0) + 1 });
          return true;
        }),
      release: (name, holder) =>
        this.#ask(process, 'release lease', () => {
          if (this.#leases.get(name)?.holder === holder) this.#leases.delete(name);
        }),
    };
  }

  waits(process: SimulatedProcess): WaitingTimes {
    return { add: (runs) => this.#ask(process, 'waits', () => this.#waits.add(runs)) };
  }

  activeRuns(process: SimulatedProcess): ActiveRuns {
    const page = (after: number, limit: number, has: (row: ActiveRunRow) => boolean) =>
      this.#ask(process, 'active runs', () =>
        [...this.#rows.values()]
          .filter((row) => row.position > after && has(row))
          .sort((a, b) => a.position - b.position)
          .slice(0, limit)
          .map(toActiveRun),
      );
    return {
      known: async () => true,
      page: (after, limit) => page(after, limit, () => true),
      takeoverCandidates: (after, limit) => page(after, limit, ({ state }) => state === 'running'),
    };
  }

  checkpoint(process: SimulatedProcess): Promise<number> {
    return this.#ask(process, 'checkpoint', () => this.#position);
  }

  /** Writes a batch's rows and the checkpoint in one transaction, unless another projector has moved the checkpoint. */
  apply(
    process: SimulatedProcess,
    from: number,
    to: number,
    events: readonly RecordedEvent[],
  ): Promise<void> {
    return this.#ask(process, `batch to ${to}`, () => {
      if (this.#position !== from) throw new Error('another projector was here');
      const sets = createRowSets([activeRuns]);
      const rows = sets.of(activeRunsTable);
      rows.loaded([...this.#rows.values()]);
      for (const event of events) foldEvent([activeRuns], event, sets);
      const { put, deleted } = rows.changes();
      for (const row of put) this.#rows.set(row.run_id, row);
      for (const { run_id } of deleted) this.#rows.delete(run_id ?? '');
      this.#position = to;
    });
  }

  /** For the checks at the end. */
  get activeRows(): readonly ActiveRunRow[] {
    return [...this.#rows.values()];
  }

  get position(): number {
    return this.#position;
  }

  #ask<T>(process: SimulatedProcess, what: string, work: () => T | Promise<T>): Promise<T> {
    return process.call({
      what,
      work,
      timeoutMs: TIMEOUT_MS,
      unanswered: (why) => new Error(`the database ${why}`),
      away: () => this.away,
    });
  }
}
