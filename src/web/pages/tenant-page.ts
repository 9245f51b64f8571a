import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Capability } from '../../access/capabilities.js';
import type { ReasonCode } from '../../runs/reason-codes.js';
import { checkpointPosition, type HubRead, readHub } from '../hub/hub-read.js';
import type { LiveFragment } from '../live/live-stream.js';
import type { AddressedKind } from '../ports.js';
import { personOf, type TenantAccess, tenantAccessOf } from '../request-identity.js';
import { enter, tenantRoute } from '../route-access.js';
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

/** Registers a page's address and, where it is live, that of its stream under the same access. */
export function registerTenantPage<Query>(
  app: FastifyInstance,
  runtime: WebRuntime,
  page: TenantPage<Query>,
): void {
  const url = `/t/:tenant${page.path}`;
  const config = { access: tenantRoute(page.capability, page.id) };
  app.get(url, { config }, async (request, reply) => {
    const { loaded, names, read, frame } = await loadPage(runtime, page, request);
    const html = renderPage(runtime, {
      template: loaded.template ?? page.template,
      title: loaded.title,
      nav: page.nav,
      view: loaded.view,
      names,
      frame,
      time: read.time,
      refreshSeconds: loaded.refreshSeconds,
      liveUrl: page.live && !loaded.status ? liveUrlOf(request, read.position, loaded.live) : null,
    });
    return reply
      .status(loaded.status ?? 200)
      .type('text/html; charset=utf-8')
      .send(html);
  });
  const { live } = page;
  if (live) {
    app.get(`${url}/live`, { config: { ...config, rateLimit: false } }, async (request, reply) =>
      runtime.openStream(request, reply, () => liveFragments(runtime, page, live, request)),
    );
  }
}

async function loadPage<Query>(runtime: WebRuntime, page: TenantPage<Query>, request: FastifyRequest) {
  const { loaded, read, frame } = await reading(runtime, page, request, async (read) => {
    const loaded = await page.load(read);
    if (!loaded) throw new WebError('not_found', 'Nothing has this address.');
    return { loaded, read, frame: await loadFrame(runtime, request, read) };
  });
  const names = await runtime.names([...loaded.people, ...frame.people]);
  return { loaded, names, read, frame };
}

async function liveFragments<Query>(
  runtime: WebRuntime,
  page: TenantPage<Query>,
  live: LivePage<Query>,
  request: FastifyRequest,
): Promise<{ position: number; fragments: readonly LiveFragment[] }> {
  const { loaded, read, frame } = await reading(runtime, page, request, async (read) => ({
    loaded: await live.load(read),
    read,
    frame: await loadFrame(runtime, request, read),
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
  request: FastifyRequest,
  read: (read: PageRead<Query>) => Promise<Result>,
): Promise<Result> {
  const query = parseQuery(page.query, request.query);
  // Asked for anew each time: a live stream outlives the request that opened it, and roles change.
  const { tenant } = tenantAccessOf(request);
  const access = enter(request.identity, tenant, runtime.deps.ports.access);
  const { config, clock } = runtime.deps;
  const personId = personOf(request);
  return readHub(runtime.deps, tenant.tenantId, async (db) => {
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
      params: request.params as Readonly<Record<string, string>>,
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

function liveUrlOf(
  request: FastifyRequest,
  position: number,
  shown: Readonly<Record<string, string | number>> = {},
): string {
  const url = new URL(request.url, 'http://same.site.invalid');
  for (const [key, value] of Object.entries(shown)) url.searchParams.set(key, String(value));
  url.searchParams.set('position', String(position));
  return `${url.pathname}/live${url.search}`;
}
