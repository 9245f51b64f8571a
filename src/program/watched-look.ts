import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import { Periodic } from '../timing/periodic.js';
import type { PartStatus } from '../web/ports/status.js';

/** A look at a server that is repeated, and what is known from it. */
export interface WatchedLook {
  readonly looking: Periodic;
  status(): PartStatus;
  /** Whether nothing was answered for so long that whoever asks would wait in vain; a busy machine is only slow. */
  isFrozen(): boolean;
}

const LOOK_EVERY_MS = 1_000;
/** A look without an answer for so long is told, though its own limits are longer. */
const SILENT_AFTER_MS = 5_000;
const FROZEN_AFTER_MS = 15_000;

/**
 * Looks at a server once a second. A frozen server keeps its connections and answers nothing, so that a look that
 * takes long is told before it ends.
 */
export function watchLook(
  name: string,
  look: () => Promise<PartStatus>,
  deps: { readonly clock: Clock; readonly logger: Logger },
): WatchedLook {
  const { clock } = deps;
  let found: PartStatus = { state: 'ok', detail: 'not looked at yet' };
  let begunMs: number | undefined;
  /** Since when nothing was answered, over looks that ended without an answer. */
  let silentSinceMs: number | undefined;

  const silentMs = () => (silentSinceMs === undefined ? 0 : clock.monotonicMs() - silentSinceMs);
  const isSilentFor = (ms: number) => begunMs !== undefined && silentMs() > ms;

  return {
    looking: new Periodic(
      name,
      LOOK_EVERY_MS,
      async () => {
        begunMs = clock.monotonicMs();
        silentSinceMs ??= begunMs;
        found = await look();
        const tookMs = clock.monotonicMs() - begunMs;
        begunMs = undefined;
        // A refusal that comes at once is an answer; one after a long wait is only the end of the patience.
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
