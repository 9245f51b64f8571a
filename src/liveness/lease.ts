import type { Clock } from '../clock.js';

/** Who holds a lease, and how often it was taken or renewed. */
export interface LeaseRow {
  readonly holder: string;
  readonly turn: number;
}

export interface LeaseStore {
  look(name: string): Promise<LeaseRow | undefined>;
  /** Takes or renews the lease, unless somebody moved it since it was looked at. */
  take(name: string, holder: string, seen: LeaseRow | undefined): Promise<boolean>;
  /** Gives it up, if this holder has it. */
  giveUp(name: string, holder: string): Promise<void>;
}

/** Work that one process does for all. Two may do it for a moment: it must be harmless when done twice. */
export interface Lease {
  /** Whether the work is this process's now; to be asked before each pass. Errors: those of the database. */
  hold(): Promise<boolean>;
  giveUp(): Promise<void>;
}

/**
 * A lease that ends when its holder stops renewing it. Others measure that on their own monotonic clocks, so that
 * neither a wall clock nor a frozen holder's open connection keeps the work from being done.
 */
export function createLease(
  { store, clock }: { readonly store: LeaseStore; readonly clock: Clock },
  {
    name,
    holder,
    lostAfterMs,
  }: { readonly name: string; readonly holder: string; readonly lostAfterMs: number },
): Lease {
  let seen: (LeaseRow & { readonly sinceMs: number }) | undefined;
  return {
    async hold() {
      const row = await store.look(name);
      if (!row || row.holder === holder) return store.take(name, holder, row);
      const nowMs = clock.monotonicMs();
      if (seen?.holder !== row.holder || seen.turn !== row.turn) seen = { ...row, sinceMs: nowMs };
      return nowMs - seen.sinceMs > lostAfterMs && store.take(name, holder, row);
    },
    giveUp: () => store.giveUp(name, holder),
  };
}
