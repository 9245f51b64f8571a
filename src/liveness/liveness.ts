/**
 * Signs of life of running runs. They live in PostgreSQL, not in the log: a beat is nothing that happened to a
 * run. Nothing here compares clocks: who watches a run measures on its own clock how long its sign has stood
 * still (see `life-watch.ts`), so that no jump of any wall clock kills a run or keeps a dead one alive.
 */
export interface Liveness {
  /** Notes a sign of life. `superseded`: a later attempt of the run has beaten; this one has lost its claim. */
  beat(sign: Sign): Promise<'noted' | 'superseded'>;
  /**
   * Repeats the sign of a claim that has left one, known by its attempt and by how its worker's name ends; answers
   * whether there was one. What the run has become since is not asked: this works while the log is away.
   */
  beatAgain(claim: RunName & { readonly attempt: number; readonly workerEnd: string }): Promise<boolean>;
  /** The runs' last signs by run id, each a text that differs from beat to beat; none for a run that never beat. */
  lastSigns(runs: readonly RunName[]): Promise<ReadonlyMap<string, string>>;
  /** Notes for all processes that a worker's sign has stood still for so long: it is gone if it still does. */
  judge(
    verdict: RunName & { readonly attempt: number; readonly sign: string; readonly silentMs: number },
  ): Promise<void>;
  /** How long the attempt's sign is known to have stood still, milliseconds; 0 when it has moved since, or is unknown. */
  judgedSilentMs(run: RunName & { readonly attempt: number }): Promise<number>;
  /** Writes where beats are written; rejects when that isn't possible, so that silence means something. */
  probe(): Promise<void>;
  /** Forgets a run that has ended. */
  forget(tenantId: string, runId: string): Promise<void>;
}

export interface RunName {
  readonly tenantId: string;
  readonly runId: string;
}

export interface Sign extends RunName {
  readonly attempt: number;
  readonly worker: string;
}
