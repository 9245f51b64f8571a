import { parse } from 'node:querystring';
import type { AccessPort } from '../ports/access.js';
import type { Identity, TenantAccess } from '../request-identity.js';
import { enter, forbidden, guard, type TenantRouteAccess } from '../route-access.js';
import { isStorable } from '../text-guard.js';
import { WebError } from '../web-error.js';
import type { RenderCause } from './changed-runs.js';
import type { HubChanges } from './hub-changes.js';
import type { LiveRender, LiveView } from './live-stream.js';

/** The input for reading a page, from a request or a live stream. */
export interface PageAsk {
  readonly identity: Identity;
  /** What the reader may do in the page's tenant at present. */
  readonly access: TenantAccess;
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
}

/** The list that the link to a run was on: the `in` of its address. */
export function listedIn(query: unknown): string {
  const { in: listed } = Object(query) as { readonly in?: unknown };
  return typeof listed === 'string' ? listed : '';
}

/** The state of an open page between two renders. */
export interface OpenPage {
  /** The time zone of its reader. */
  zone?: string;
}

interface TenantLivePage {
  readonly access: TenantRouteAccess;
  render(ask: PageAsk, cause: RenderCause, open: OpenPage): Promise<LiveRender>;
}

interface LivePageEntry {
  readonly segments: readonly string[];
  open(asked: Pick<PageAsk, 'identity' | 'params' | 'query'>): Promise<LiveView>;
}

/** The pages that live streams can show, by their addresses in the browser. */
export interface LivePages {
  /** A page of a tenant. */
  add(pattern: string, page: TenantLivePage): void;
  /** A page that belongs to the signed-in person and to no tenant. */
  addOfPerson(path: string, open: (identity: Identity, query: unknown) => LiveView): void;
  /**
   * The live view of the page at an address (path and query, as in the page's `data-live`). Errors: WebError for
   * addresses that no live page has and for those that the reader may not see.
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

  async function openOfTenant(
    page: TenantLivePage,
    { identity, params, query }: Pick<PageAsk, 'identity' | 'params' | 'query'>,
  ): Promise<LiveView> {
    const { tenant } = await guard({ identity, params }, page.access, deps.access);
    const { position } = Object(query) as { readonly position?: unknown };
    const open: OpenPage = {};
    return {
      shownPosition: Number.isSafeInteger(Number(position)) ? Number(position) : -1,
      async render(cause) {
        // Access is checked each time, because a live stream outlives the request that opened it, and roles change.
        const access = enter(identity, tenant, deps.access);
        if (!access.allows(page.access.capability)) throw forbidden();
        return page.render({ identity, access, params, query }, cause, open);
      },
      subscribe: (listener) => deps.changes.subscribe(tenant.tenantId, listener),
    };
  }

  return {
    add(pattern, page) {
      entries.push({ segments: pattern.split('/'), open: (asked) => openOfTenant(page, asked) });
    },
    addOfPerson(path, open) {
      entries.push({ segments: path.split('/'), open: async ({ identity, query }) => open(identity, query) });
    },
    async open(address, identity) {
      const [path = '', search = ''] = address.split('?', 2);
      const found = find(path);
      const query = { ...parse(search) };
      if (!found || !isStorable(query) || !isStorable(found.params))
        throw new WebError('not_found', 'There is no live page at this address.');
      return found.entry.open({ identity, params: found.params, query });
    },
  };
}

/** The parameters in a path that matches the pattern's segments, or undefined when it doesn't match. */
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
      // A path with a malformed percent escape is not the address of a page.
      return undefined;
    }
  }
  return params;
}
