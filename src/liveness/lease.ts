import type { Clock } from '../clock.js';

/** Who holds a lease, and a counter of how often it was taken or renewed. */
export interface LeaseRow {
  readonly holder: string;
  readonly turn: number;
}

export interface LeaseStore {
  read(name: string): Promise<LeaseRow | undefined>;
  /** Takes or renews the lease, unless somebody changed it since `seen` was read. */
  take(name: string, holder: string, seen: LeaseRow | undefined): Promise<boolean>;
  /** Releases the lease if this holder has it. */
  release(name: string, holder: string): Promise<void>;
}

/**
 * A right to do work that only one process shall do. Two may hold it for a moment, so the work must be harmless when
 * done twice.
 */
export interface Lease {
  /**
   * Takes or renews the lease and returns whether this process holds it; call it before each pass. Errors: those of
   * the database.
   */
  hold(): Promise<boolean>;
  /** Lets another process take the lease at once. Errors: those of the database. */
  release(): Promise<void>;
}

/**
 * A lease that ends when its holder stops renewing it. The other processes measure this on their own monotonic
 * clocks, so that neither a wrong wall clock nor the open connection of a frozen holder can block the work.
 */
export function createLease(
  {
    store,
    clock,
    canWrite = async () => true,
  }: {
    readonly store: LeaseStore;
    readonly clock: Clock;
    /** Whether this process can write to the log; one that can't releases the lease, because others may do the work. */
    readonly canWrite?: () => Promise<boolean>;
  },
  {
    name,
    holder,
    lostAfterMs,
  }: { readonly name: string; readonly holder: string; readonly lostAfterMs: number },
): Lease {
  /** The row of another holder, and since when this process has seen it unchanged, on the monotonic clock. */
  let seen: (LeaseRow & { readonly sinceMs: number }) | undefined;

  const release = () => store.release(name, holder);

  /** How long the other holder has not renewed its lease, as far as this process has seen. */
  function unrenewedMs(row: LeaseRow): number {
    const nowMs = clock.monotonicMs();
    if (seen?.holder !== row.holder || seen.turn !== row.turn) seen = { ...row, sinceMs: nowMs };
    return nowMs - seen.sinceMs;
  }

  async function takeOverIfLost(row: LeaseRow): Promise<boolean> {
    return unrenewedMs(row) > lostAfterMs && store.take(name, holder, row);
  }

  return {
    async hold() {
      if (!(await canWrite())) {
        await release();
        return false;
      }
      const row = await store.read(name);
      const isHeldByOther = row !== undefined && row.holder !== holder;
      return isHeldByOther ? takeOverIfLost(row) : store.take(name, holder, row);
    },
    release,
  };
}
