/**
 * Signs of life of running runs. They are stored in PostgreSQL and not in the log, because a sign of life doesn't
 * change the run. Clocks are never compared: each watcher measures on its own clock how long a sign has not changed
 * (see `life-watch.ts`), so that no jump of a wall clock ends a run or keeps a dead one alive.
 */
export interface Liveness {
  /**
   * Notes a sign of life. `superseded`: a later attempt of the run has given one, so this attempt has lost its
   * claim.
   */
  beat(sign: Sign): Promise<'noted' | 'superseded'>;
  /**
   * Repeats the sign of a claim that has given one before. The claim is found by its attempt and by the end of its
   * worker's name. Returns whether there was one. It doesn't ask for the run's state, so it works while the log is
   * away.
   */
  beatAgain(claim: RunName & { readonly attempt: number; readonly workerEnd: string }): Promise<boolean>;
  /** The last signs by run id; each is a text that changes with every beat. A run that never beat has none. */
  lastSigns(runs: readonly RunName[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Records for all processes how long a worker's sign has not changed; this is ignored if the sign has changed since.
   */
  recordSilence(
    verdict: RunName & { readonly attempt: number; readonly sign: string; readonly silentMs: number },
  ): Promise<void>;
  /**
   * How long the attempt's sign is noted as unchanged, milliseconds; 0 when it has changed since or nothing is
   * noted.
   */
  notedSilenceMs(run: RunName & { readonly attempt: number }): Promise<number>;
  /** Writes to the table of the signs; rejects when that isn't possible, because silence then means nothing. */
  probe(): Promise<void>;
  /** Removes the signs of a run that has ended. */
  forget(tenantId: string, runId: string): Promise<void>;
}

export interface RunName {
  readonly tenantId: string;
  readonly runId: string;
}

/** Names one attempt of a run among all of them. */
export const attemptKey = ({
  runId,
  attempt,
}: {
  readonly runId: string;
  readonly attempt: number;
}): string => `${runId}#${attempt}`;

export interface Sign extends RunName {
  readonly attempt: number;
  readonly worker: string;
}
