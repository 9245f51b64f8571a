/**
 * Signs of life of running runs. They live in PostgreSQL with the database's clock, not in the log: a beat is
 * nothing that happened to a run.
 */
export interface Liveness {
  /** Notes a sign of life. `superseded`: a later attempt of the run has beaten; this one has lost its claim. */
  beat(sign: Sign): Promise<'noted' | 'superseded'>;
  /**
   * Milliseconds since the last sign of life of this attempt, by the database's clock. An attempt without any
   * is first noted as seen now, so that it grows old even if its worker died before its first beat.
   */
  ageMs(sign: Sign): Promise<number>;
  /** Writes where beats are written; rejects when that isn't possible, so that silence means something. */
  probe(): Promise<void>;
  /** Forgets a run that has ended. */
  forget(tenantId: string, runId: string): Promise<void>;
}

export interface Sign {
  readonly tenantId: string;
  readonly runId: string;
  readonly attempt: number;
  readonly worker: string;
}
