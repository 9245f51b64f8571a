/** The runs that somebody must be responsible for, as far as the projection knows; proposals, never truth. */
export interface ActiveRuns {
  /** Runs that haven't ended, ordered by position, after a position; at most `limit`. */
  page(afterPosition: number, limit: number): Promise<readonly ActiveRun[]>;
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
export async function* everyActiveRun(runs: ActiveRuns): AsyncGenerator<ActiveRun> {
  let after = -1;
  for (;;) {
    const page = await runs.page(after, PAGE_ROWS);
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE_ROWS) return;
    after = last.position;
  }
}
