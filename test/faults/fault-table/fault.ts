import type { Stage } from './stage.js';

/** One fault of the table. */
export interface Fault {
  /** For people, as in docs/reliability.md. */
  readonly name: string;
  /** What the health page, or every page, says while it lasts; absent where the fault is over before anybody looks. */
  readonly words?: RegExp;
  /** The word of `/healthz` while it lasts; `no answer` while the web process is gone. */
  readonly healthz?: 'degraded' | 'down' | 'no answer';
  /** The sentence that every process ends with; absent where the processes live on. */
  readonly ends?: RegExp;
  /** How long it goes on after it was recognised, where that must be longer than for others, in milliseconds. */
  readonly holdMs?: number;
  /** Begins the fault and returns what ends it. */
  begin(stage: Stage): Promise<() => Promise<unknown> | unknown>;
}

/** Longer than a silent worker keeps its runs. */
export const PAST_CLAIMS_MS = 25_000;

/** The end of a fault that ends by itself. */
export const byItself = () => undefined;
