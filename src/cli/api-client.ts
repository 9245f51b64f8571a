import { z } from 'zod';
import { CommandFailure, EXIT } from '../process/exit.js';
import { findInstance } from '../program/instance-file.js';
import { configWith, type DataFlag } from './shared-options.js';

/** The API of a running product for the command line. */
export interface ApiClient {
  /**
   * Sends a request and returns the JSON of its answer. A run that is recorded and not shown yet is asked for again
   * until the read models have it. Errors: CommandFailure with the product's own sentence.
   */
  request(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>;
}

const REQUEST_TIMEOUT_MS = 30_000;
/** Longest time until the read models have a run that was just recorded. */
const SHOWN_WITHIN_MS = 60_000;
const ASK_AGAIN_MS = 300;
const recordedSchema = z.object({ runId: z.string(), status: z.literal('recorded') });
const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/**
 * Finds the running product by OPSLEDGER_URL and OPSLEDGER_TOKEN, or by its data folder. Errors: CommandFailure
 * when none is running there.
 */
export async function connect(flags: DataFlag): Promise<ApiClient> {
  const config = configWith(flags);
  if (config.OPSLEDGER_URL && flags.data === undefined) {
    if (!config.OPSLEDGER_TOKEN)
      throw new CommandFailure('OPSLEDGER_TOKEN is missing: OPSLEDGER_URL needs a token.', EXIT.usage);
    return clientOf(config.OPSLEDGER_URL, config.OPSLEDGER_TOKEN);
  }
  const instance = await findInstance(config.OPSLEDGER_DATA);
  if (!instance)
    throw new CommandFailure(
      `Nothing runs on ${config.OPSLEDGER_DATA}. Start it with “opsledger start --data ${config.OPSLEDGER_DATA}”, ` +
        'or set OPSLEDGER_URL and OPSLEDGER_TOKEN.',
    );
  if (!instance.url) throw new CommandFailure('The product is still starting. Try again in a moment.');
  return clientOf(instance.url, instance.token);
}

function clientOf(url: string, token: string): ApiClient {
  const ask = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(new URL(`/api/v1${path}`, url), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    }).catch((error: unknown) => {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new CommandFailure(
        `${url} does not answer (${cause instanceof Error ? cause.message : String(cause)}).`,
      );
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    throw new CommandFailure(failureOf(response.status, text));
  };
  return {
    async request(method, path, body) {
      const shownBy = performance.now() + SHOWN_WITHIN_MS;
      for (;;) {
        const answer = await ask(method, path, body);
        const recorded = recordedSchema.safeParse(answer).data;
        if (!recorded) return answer;
        if (performance.now() > shownBy)
          throw new CommandFailure(
            `The run ${recorded.runId} is recorded, but the projector hasn't shown it for ${SHOWN_WITHIN_MS / 1_000} s. ` +
              'Look at the Health page, or run “opsledger doctor”.',
          );
        await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      }
    },
  };
}

function failureOf(status: number, text: string): string {
  try {
    const { error } = errorSchema.parse(JSON.parse(text));
    return `${error.message} (${error.code})`;
  } catch {
    return `The product answered ${status}.`;
  }
}
