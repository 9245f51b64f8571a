import { type ConnectedDirectory, isSameDirectory } from '../../tenancy/connected-directory.js';

/** A live restore needs a preview that ended at most this long ago; what is there is compared again right before writing. */
const PREVIEW_AGE_MAX_MS = 24 * 60 * 60_000;

/**
 * What has changed since a preview, so that it can't be carried out any more:
 * - `map`: the kept map of groups, filters and tags;
 * - `directory`: the directory that the tenant is connected to, or the preview names none;
 * - `age`: it is too old for a live restore.
 */
export type OutdatedBy = 'map' | 'directory' | 'age';

/** What is compared: as a preview saw it, and as it is now. */
interface Seen {
  /** The revision of the kept map; -1 for none. */
  readonly mappingRevision: number;
  /** Null where a preview names none, or where the tenant is not connected now. */
  readonly directory: ConnectedDirectory | null;
}

/** Why a preview can't be carried out any more, or null when it can. Times are milliseconds since 1970. */
export function outdatedBy(
  preview: Seen & { readonly endedAt: number },
  present: Seen & { readonly now: number },
): OutdatedBy | null {
  if (preview.mappingRevision !== present.mappingRevision) return 'map';
  const { directory } = present;
  if (preview.directory === null || (directory !== null && !isSameDirectory(directory, preview.directory)))
    return 'directory';
  return present.now - preview.endedAt > PREVIEW_AGE_MAX_MS ? 'age' : null;
}
