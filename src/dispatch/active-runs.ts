/** The runs that somebody must be responsible for, as far as the projection knows; proposals, never truth. */
export interface ActiveRuns {
  /** Runs that haven't ended, ordered by position, after a position; at most `limit`. */
  page(afterPosition: number, limit: number): Promise<readonly ActiveRun[]>;
  /** As `page`, but of pending runs only those of the types in `waitingOf`. */
  losablePage(
    afterPosition: number,
    limit: number,
    waitingOf: readonly string[],
  ): Promise<readonly ActiveRun[]>;
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
export async function* everyActiveRun(runs: Pick<ActiveRuns, 'page'>): AsyncGenerator<ActiveRun> {
  for await (const page of pages((after) => runs.page(after, PAGE_ROWS))) yield* page;
}

/** The runs that can be lost, by the page: those that run, and those that wait for somebody outside. */
export function losableRuns(
  runs: Pick<ActiveRuns, 'losablePage'>,
  waitingOf: readonly string[],
): AsyncGenerator<readonly ActiveRun[]> {
  return pages((after) => runs.losablePage(after, PAGE_ROWS, waitingOf));
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
