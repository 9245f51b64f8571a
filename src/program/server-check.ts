import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import { Periodic } from '../timing/periodic.js';
import type { PartStatus } from '../web/ports/status.js';

/** A repeated check of a server, and its result. */
export interface ServerCheck {
  readonly checking: Periodic;
  status(): PartStatus;
  /**
   * Whether the server has been silent for so long that requests to it would only time out; the limit allows for a
   * busy machine.
   */
  isFrozen(): boolean;
}

const CHECK_EVERY_MS = 1_000;
/** A check without an answer for this long is reported, although its own time limits are longer. */
const SILENT_AFTER_MS = 5_000;
const FROZEN_AFTER_MS = 15_000;

/**
 * Checks a server once a second. A frozen server keeps its connections and answers nothing, so a check that takes
 * long is reported before it ends.
 */
export function createServerCheck(
  name: string,
  check: () => Promise<PartStatus>,
  deps: { readonly clock: Clock; readonly logger: Logger },
): ServerCheck {
  const { clock } = deps;
  let found: PartStatus = { state: 'ok', detail: 'not checked yet' };
  let begunMs: number | undefined;
  /** Since when the server has not answered, also over several checks. */
  let silentSinceMs: number | undefined;

  const silentMs = () => (silentSinceMs === undefined ? 0 : clock.monotonicMs() - silentSinceMs);
  const isSilentFor = (ms: number) => begunMs !== undefined && silentMs() > ms;

  return {
    checking: new Periodic(
      name,
      CHECK_EVERY_MS,
      async () => {
        begunMs = clock.monotonicMs();
        silentSinceMs ??= begunMs;
        found = await check();
        const tookMs = clock.monotonicMs() - begunMs;
        begunMs = undefined;
        // A refusal that arrives at once is an answer; an error after a long wait is only a timeout.
        if (found.state !== 'down' || tookMs < SILENT_AFTER_MS) silentSinceMs = undefined;
      },
      deps,
    ),
    isFrozen: () => isSilentFor(FROZEN_AFTER_MS),
    status: () =>
      isSilentFor(SILENT_AFTER_MS)
        ? { state: 'down', detail: `has not answered for ${Math.round(silentMs() / 1000)} s` }
        : found,
  };
}
