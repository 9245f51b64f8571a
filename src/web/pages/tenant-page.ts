import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { Capability } from '../../access/capabilities.js';
import type { ReasonCode } from '../../runs/reason-codes.js';
import { checkpointPosition, type HubRead, readHub } from '../hub/hub-read.js';
import type { PageAsk } from '../live/live-pages.js';
import type { LiveRender } from '../live/live-stream.js';
import type { AddressedKind } from '../ports.js';
import { personOf, type TenantAccess, tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import type { TimeFrame } from '../view/format.js';
import { knownZone } from '../view/wall-clock.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { frameFragments, loadFrame, type NavKey, renderPage } from './page-frame.js';

/** What a page reads with: its snapshot, and who asks. */
export interface PageRead<Query> {
  readonly db: HubRead;
  readonly access: TenantAccess;
  readonly personId: string;
  readonly query: Query;
  readonly params: Readonly<Record<string, string>>;
  readonly time: TimeFrame;
  /** Reason codes that operation types bring, besides the built-in ones. */
  readonly addedCodes: Readonly<Record<string, ReasonCode>>;
  /** Position of the snapshot. */
  readonly position: number;
}

/** A loaded page: what its templates need, and the persons they name. */
export interface Loaded {
  readonly title: string;
  readonly view: object;
  readonly people: readonly string[];
  /** Query string that the page's live stream needs besides the page's own: what is shown. */
  readonly live?: Readonly<Record<string, string | number>>;
  /** Answers another status than 200. */
  readonly status?: number;
  /** Seconds after which a browser without JavaScript loads the page again. */
  readonly refreshSeconds?: number;
  /** Another template than the page's own. */
  readonly template?: string;
}

/** A part of a page that live updates swap: the template's outermost element has the id. */
export interface FragmentOf {
  readonly target: string;
  readonly template: string;
  readonly view: object;
}

export interface LivePage<Query> {
  load(read: PageRead<Query>): Promise<{
    readonly fragments: readonly FragmentOf[];
    readonly people: readonly string[];
  }>;
}

export interface TenantPage<Query> {
  /** Below `/t/:tenant`. */
  readonly path: string;
  readonly nav: NavKey;
  readonly capability: Capability;
  readonly id?: { readonly param: string; readonly kind: AddressedKind };
  readonly template: string;
  readonly query: z.ZodType<Query>;
  /** Undefined where the tenant has nothing of that address. */
  load(read: PageRead<Query>): Promise<Loaded | undefined>;
  readonly live?: LivePage<Query>;
}

/** Declares a page; only there so that its query is inferred. */
export const definePage = <Query>(page: TenantPage<Query>): TenantPage<Query> => page;

/** Registers a page's address and, where it is live, what live streams show of it under the same access. */
export function registerTenantPage<Query>(
  app: FastifyInstance,
  runtime: WebRuntime,
  page: TenantPage<Query>,
): void {
  const url = `/t/:tenant${page.path}`;
  const access = tenantRoute(page.capability, page.id);
  app.get(url, { config: { access } }, async (request, reply) => {
    const { loaded, names, read, frame } = await loadPage(runtime, page, {
      identity: request.identity,
      access: tenantAccessOf(request),
      params: request.params as Readonly<Record<string, string>>,
      query: request.query,
    });
    const html = renderPage(runtime, {
      template: loaded.template ?? page.template,
      title: loaded.title,
      nav: page.nav,
      view: loaded.view,
      names,
      frame,
      time: read.time,
      refreshSeconds: loaded.refreshSeconds,
      liveAddress:
        page.live && !loaded.status ? liveAddressOf(request.url, read.position, loaded.live) : null,
    });
    return reply
      .status(loaded.status ?? 200)
      .type('text/html; charset=utf-8')
      .send(html);
  });
  const { live } = page;
  if (live) runtime.livePages.add(url, { access, render: (ask) => liveFragments(runtime, page, live, ask) });
}

async function loadPage<Query>(runtime: WebRuntime, page: TenantPage<Query>, ask: PageAsk) {
  const { loaded, read, frame } = await reading(runtime, page, ask, async (read) => {
    const loaded = await page.load(read);
    if (!loaded) throw new WebError('not_found', 'Nothing has this address.');
    return { loaded, read, frame: await loadFrame(runtime, ask.identity, read) };
  });
  const names = await runtime.names([...loaded.people, ...frame.people]);
  return { loaded, names, read, frame };
}

async function liveFragments<Query>(
  runtime: WebRuntime,
  page: TenantPage<Query>,
  live: LivePage<Query>,
  ask: PageAsk,
): Promise<LiveRender> {
  const { loaded, read, frame } = await reading(runtime, page, ask, async (read) => ({
    loaded: await live.load(read),
    read,
    frame: await loadFrame(runtime, ask.identity, read),
  }));
  const names = await runtime.names([...loaded.people, ...frame.people]);
  const context = { names, frame, time: read.time };
  const parts = [...loaded.fragments, ...frameFragments(frame)];
  return {
    position: read.position,
    fragments: parts.map((part) => ({
      target: part.target,
      html: runtime.renderer.render(part.template, { ...context, ...part.view }),
    })),
  };
}

const addedCodesOf = ({ deps }: WebRuntime): Readonly<Record<string, ReasonCode>> =>
  Object.assign({}, ...deps.ports.starts.types.map(({ reasonCodes }) => reasonCodes));

function reading<Query, Result>(
  runtime: WebRuntime,
  page: TenantPage<Query>,
  ask: PageAsk,
  read: (read: PageRead<Query>) => Promise<Result>,
): Promise<Result> {
  const query = parseQuery(page.query, ask.query);
  const { access } = ask;
  const { config, clock } = runtime.deps;
  const personId = personOf(ask);
  return readHub(runtime.deps, access.tenant.tenantId, async (db) => {
    const settings = await db
      .selectFrom('member_settings')
      .select('time_zone')
      .where('person_id', '=', personId)
      .executeTakeFirst();
    return read({
      db,
      access,
      personId,
      query,
      params: ask.params,
      time: { now: clock.now(), zone: knownZone(settings?.time_zone, config.timeZone) },
      addedCodes: addedCodesOf(runtime),
      position: await checkpointPosition(db),
    });
  });
}

/** Checks a query string. Errors: WebError `bad_request` that names what is wrong. */
export function parseQuery<Query>(schema: z.ZodType<Query>, query: unknown): Query {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  const why = (issue?.message ?? '').replace(/\.?$/, '.');
  throw new WebError('bad_request', `“${where}” in the address has a value that can’t be used. ${why}`);
}

/** The page's own address with what it shows: how a live stream is asked to go on from there. */
function liveAddressOf(
  address: string,
  position: number,
  shown: Readonly<Record<string, string | number>> = {},
): string {
  const url = new URL(address, 'http://same.site.invalid');
  for (const [key, value] of Object.entries(shown)) url.searchParams.set(key, String(value));
  url.searchParams.set('position', String(position));
  return `${url.pathname}${url.search}`;
}
