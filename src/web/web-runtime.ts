import { validate as isUuid } from 'uuid';
import { batchesOf } from '../batches-of.js';
import { endedWithin } from '../timing/ended-within.js';
import type { Assets } from './assets.js';
import type { SessionStore } from './auth/session-store.js';
import { checkpointPosition, readHub } from './hub/hub-read.js';
import { LIMITS } from './limits.js';
import type { HubChanges } from './live/hub-changes.js';
import { createLivePages, type LivePages } from './live/live-pages.js';
import { createSharedRenders, type SharedRenders } from './live/shared-renders.js';
import type { TenantPage } from './pages/page.js';
import type { Renderer } from './view/renderer.js';
import type { Names } from './view/who.js';
import type { WebDependencies } from './web-dependencies.js';
import { WebError } from './web-error.js';

/** What the runtime of a server is made from. */
export interface RuntimeParts {
  readonly deps: WebDependencies;
  /** Every page of a tenant, in the order of the rail. */
  readonly pages: readonly TenantPage<unknown>[];
  readonly renderer: Renderer;
  readonly assets: Assets;
  readonly changes: HubChanges;
  /** People's own tokens for Microsoft Graph, by session. */
  readonly sessions: Pick<SessionStore, 'graphToken'>;
}

/** What all pages and routes of one server share. */
export interface WebRuntime extends RuntimeParts {
  /** Names of any number of actors: persons and API tokens. */
  names(actorIds: readonly string[]): Promise<Names>;
  /** Waits a moment for the read models and returns whether they have reached a position. */
  caughtUp(tenantId: string, position: number): Promise<boolean>;
  /** The pages that live streams can show. */
  readonly livePages: LivePages;
  /** Rendered parts that all live pages with the same content share. */
  readonly renders: SharedRenders;
}

export function createWebRuntime(parts: RuntimeParts): WebRuntime {
  const { deps, changes } = parts;
  const { ports, clock } = deps;

  async function caughtUp(tenantId: string, position: number): Promise<boolean> {
    const reached = async () => {
      try {
        return await readHub(deps, tenantId, async (db) => (await checkpointPosition(db)) >= position);
      } catch (error) {
        // The write has succeeded, so this must not fail when the hub can't be read. The page that follows reports
        // that.
        const trouble = error instanceof WebError ? error : ports.troubleInWords(error);
        if (trouble?.code === 'unavailable') return false;
        throw error;
      }
    };
    const deadline = clock.monotonicMs() + LIMITS.catchUpMs;
    for (;;) {
      // It listens before it looks, so that no move between the two is missed.
      const move = nextMove(changes);
      try {
        if (await reached()) return true;
        const leftMs = deadline - clock.monotonicMs();
        if (leftMs <= 0) return false;
        await endedWithin(clock, move.promise, leftMs);
      } finally {
        move.cancel();
      }
    }
  }

  return {
    ...parts,
    async names(actorIds) {
      const names = new Map<string, string>();
      // Only persons and tokens have such ids; workers and the program's own parts have words for ids.
      const ids = [...new Set(actorIds)].filter((id) => isUuid(id));
      for (const batch of batchesOf(ids, LIMITS.namesPerQuery))
        for (const [id, name] of await ports.names(batch)) names.set(id, name);
      return names;
    },
    caughtUp,
    livePages: createLivePages({ access: ports.access, changes }),
    renders: createSharedRenders(clock),
  };
}

function nextMove(changes: HubChanges): { promise: Promise<void>; cancel(): void } {
  let cancel = () => {};
  const promise = new Promise<void>((resolve) => {
    cancel = changes.onMove(resolve);
  });
  return { promise, cancel: () => cancel() };
}
