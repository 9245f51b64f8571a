import { systemClock } from '../../../src/clock.js';
import { FAULT_TYPE } from '../../support/fault-operations.js';
import type { StartAnswer } from '../../support/promise-checker.js';

const START_EVERY_MS = 500;
const ANSWER_LIMIT_MS = 30_000;

export interface LoadCounts {
  /** Starts that were answered with a run. */
  started: number;
  /** Starts that were refused, by the status of the answer; `none` where no answer came. */
  readonly refused: Record<string, number>;
}

/** Starts of runs over the API, one after another at a steady pace. */
export interface SteadyLoad {
  /** The starts since the last call. */
  counts(): LoadCounts;
  /** Starts no more and resolves when every start has its answer. */
  pause(): Promise<void>;
  resume(): void;
}

/** It is paused at first. What is answered with a run is added to `answers`. */
export function startLoad(deps: {
  readonly url: string;
  readonly token: string;
  readonly tenantId: string;
  readonly answers: StartAnswer[];
  readonly stopped: AbortSignal;
}): SteadyLoad {
  const { url, token, tenantId, answers, stopped } = deps;
  const underWay = new Set<Promise<void>>();
  let counts: LoadCounts = { started: 0, refused: {} };
  let isPaused = true;
  let number = 0;

  async function start(key: string): Promise<void> {
    const refuse = (why: string) => {
      counts.refused[why] = (counts.refused[why] ?? 0) + 1;
    };
    const context = { items: 3, changes: true, pauseMs: 50, mood: 'well' };
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ type: FAULT_TYPE, input: { key, context } }),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    }).catch(() => undefined);
    if (!answer) return refuse('none');
    const body = await answer.json().catch(() => undefined);
    if (!answer.ok) return refuse(String(answer.status));
    counts.started += 1;
    answers.push({ tenantId, runId: body.runId, kind: body.reused ? 'reused' : 'started' });
  }

  void (async () => {
    while (!stopped.aborted) {
      if (!isPaused) {
        number += 1;
        const starting = start(`load ${number}`);
        underWay.add(starting);
        void starting.finally(() => underWay.delete(starting));
      }
      await systemClock.sleep(START_EVERY_MS, stopped);
    }
  })();

  return {
    counts() {
      const since = counts;
      counts = { started: 0, refused: {} };
      return since;
    },
    async pause() {
      isPaused = true;
      await Promise.all(underWay);
    },
    resume() {
      isPaused = false;
    },
  };
}
