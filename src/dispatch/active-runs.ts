/** The runs that have not ended, as the projection knows them. It may be behind; only the log is the truth. */
export interface ActiveRuns {
  /** Whether the list has been built. Until then the active runs are unknown, which is not the same as none. */
  known(): Promise<boolean>;
  /** Runs that haven't ended, after a position and ordered by position; at most `limit`. */
  page(afterPosition: number, limit: number): Promise<readonly ActiveRun[]>;
  /** As `page`, but only runs that may have lost their holder. */
  takeoverCandidates(afterPosition: number, limit: number): Promise<readonly ActiveRun[]>;
}

export interface ActiveRun {
  readonly tenantId: string;
  readonly runId: string;
  readonly type: string;
  readonly correlationId: string;
  readonly state: 'pending' | 'running';
  readonly attempt: number;
  readonly worker: string | null;
  /** Position of its RunQueued. */
  readonly position: number;
}

/** The number of rows read at once. */
const PAGE_ROWS = 500;

/** Every active run, page by page. */
export function activeRunPages(runs: Pick<ActiveRuns, 'page'>): AsyncGenerator<readonly ActiveRun[]> {
  return pages((after) => runs.page(after, PAGE_ROWS));
}

/** Running runs, page by page; the worker of each may be gone. */
export function takeoverCandidates(
  runs: Pick<ActiveRuns, 'takeoverCandidates'>,
): AsyncGenerator<readonly ActiveRun[]> {
  return pages((after) => runs.takeoverCandidates(after, PAGE_ROWS));
}

async function* pages(
  read: (after: number) => Promise<readonly ActiveRun[]>,
): AsyncGenerator<readonly ActiveRun[]> {
  let after = -1;
  for (;;) {
    const page = await read(after);
    yield page;
    const last = page.at(-1);
    if (!last || page.length < PAGE_ROWS) return;
    after = last.position;
  }
}
