/** The runs that somebody must be responsible for, as far as the projection knows; proposals, never truth. */
export interface ActiveRuns {
  /** Whether the list has been built. Until then nobody knows which runs are active, which is not the same as none. */
  known(): Promise<boolean>;
  /** Runs that haven't ended, ordered by position, after a position; at most `limit`. */
  page(afterPosition: number, limit: number): Promise<readonly ActiveRun[]>;
  /** As `page`, but only runs that somebody has taken. */
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

/** Rows read at once; a page of unfixable ones never hides the next. */
const PAGE_ROWS = 500;

/** Every active run, page by page. */
export function activeRunPages(runs: Pick<ActiveRuns, 'page'>): AsyncGenerator<readonly ActiveRun[]> {
  return pages((after) => runs.page(after, PAGE_ROWS));
}

/** Running runs, page by page: each may have lost its worker. */
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
