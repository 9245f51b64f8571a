import { parse } from 'node:querystring';
import type { AccessPort } from '../ports.js';
import type { Identity, TenantAccess } from '../request-identity.js';
import { enter, forbidden, guard, type TenantRouteAccess } from '../route-access.js';
import { isStorable } from '../text-guard.js';
import { WebError } from '../web-error.js';
import type { HubChanges } from './hub-changes.js';
import type { LiveRender, LiveView } from './live-stream.js';

/** What a page is asked for with, by a request or by a live stream. */
export interface PageAsk {
  readonly identity: Identity;
  /** What the reader may do in the page's tenant at this moment. */
  readonly access: TenantAccess;
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
}

interface LivePageEntry {
  readonly segments: readonly string[];
  readonly access: TenantRouteAccess;
  render(ask: PageAsk): Promise<LiveRender>;
}

/** The pages that live streams can show, found by the address that the browser has. */
export interface LivePages {
  add(pattern: string, page: Omit<LivePageEntry, 'segments'>): void;
  /**
   * What a stream needs of the page at an address (path and query, as `data-live` of the page has it). Errors:
   * WebError for addresses that no live page has and for those that the reader may not see.
   */
  open(address: string, identity: Identity): Promise<LiveView>;
}

export function createLivePages(deps: {
  readonly access: AccessPort;
  readonly changes: Pick<HubChanges, 'subscribe'>;
}): LivePages {
  const entries: LivePageEntry[] = [];

  function find(path: string) {
    const segments = path.split('/');
    for (const entry of entries) {
      const params = paramsOf(entry.segments, segments);
      if (params) return { entry, params };
    }
    return undefined;
  }

  return {
    add(pattern, page) {
      entries.push({ segments: pattern.split('/'), ...page });
    },
    async open(address, identity) {
      const [path = '', search = ''] = address.split('?', 2);
      const found = find(path);
      const query = { ...parse(search) };
      if (!found || !isStorable(query) || !isStorable(found.params))
        throw new WebError('not_found', 'There is no live page at this address.');
      const { entry, params } = found;
      const { tenant } = await guard({ identity, params }, entry.access, deps.access);
      return {
        shownPosition: Number.isSafeInteger(Number(query.position)) ? Number(query.position) : -1,
        async render() {
          // Asked anew each time: a live stream outlives the request that opened it, and roles change.
          const access = enter(identity, tenant, deps.access);
          if (!access.allows(entry.access.capability)) throw forbidden();
          return entry.render({ identity, access, params, query });
        },
        subscribe: (listener) => deps.changes.subscribe(tenant.tenantId, listener),
      };
    },
  };
}

/** The parameters of a path that fits the pattern's segments, or undefined. */
function paramsOf(pattern: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== path.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of pattern.entries()) {
    const given = path[index] ?? '';
    if (!segment.startsWith(':')) {
      if (segment !== given) return undefined;
      continue;
    }
    try {
      params[segment.slice(1)] = decodeURIComponent(given);
    } catch {
      // A malformed percent escape is no address of a page.
      return undefined;
    }
  }
  return params;
}
