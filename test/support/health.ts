import { systemClock } from '../../src/clock.js';

const ANSWER_LIMIT_MS = 120_000;

export interface Health {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Returns the answer of `/healthz` when it first answers or, with `word`, when it answers that word. Rejects after two
 * minutes.
 */
export async function untilHealth(port: number, word?: 'ok' | 'degraded' | 'down'): Promise<Health> {
  let last: Health | undefined;
  for (const began = performance.now(); performance.now() - began < ANSWER_LIMIT_MS; ) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    const body = answer && ((await answer.json()) as { readonly status: string });
    if (answer) last = { status: answer.status, body };
    if (last && (word ?? body?.status) === body?.status) return last;
    await systemClock.sleep(50);
  }
  throw new Error(
    `/healthz did not answer ${word ?? ''} within ${ANSWER_LIMIT_MS} ms: ${JSON.stringify(last)}`,
  );
}
