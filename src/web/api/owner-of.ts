import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';

/**
 * The tenant that an id belongs to, or undefined for an id that exists nowhere. It waits a moment for the read models
 * before it says so, because something new may not be in them yet. Errors: WebError `unavailable` while they are behind.
 */
export async function ownerOf(
  { caughtUp, deps: { ports } }: WebRuntime,
  tenantId: string,
  kind: string,
  id: string,
): Promise<string | undefined> {
  const owner = await ports.access.tenantOf(kind, id);
  if (owner !== undefined) return owner;
  const isShown = await caughtUp(tenantId, await ports.headPosition());
  const shown = await ports.access.tenantOf(kind, id);
  if (shown === undefined && !isShown)
    throw new WebError(
      'unavailable',
      'The read models are behind the log, so this id can’t be looked up yet. Try again in a moment.',
    );
  return shown;
}
