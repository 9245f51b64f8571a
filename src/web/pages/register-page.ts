import { parse as parseQueryString } from 'node:querystring';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { withBasePath } from '../base-path.js';
import { listedIn, type PageAsk } from '../live/live-pages.js';
import { tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { withoutEmptyFields } from './empty-fields.js';
import { liveRender } from './live-render.js';
import type { Loaded, MovedTo, TenantPage } from './page.js';
import { registerAnswer } from './page-answer.js';
import { registerDownload } from './page-download.js';
import { registerForm } from './page-form.js';
import { loadFrame, type RefusedForm, renderPage } from './page-frame.js';
import { reading } from './page-reading.js';

/** Seconds after which a page that waits for the read models loads itself again. */
const REFRESH_SECONDS = 2;

/** Registers a page's address and, for a live page, its live view with the same access. */
export function registerTenantPage<Query>(
  app: FastifyInstance,
  runtime: WebRuntime,
  page: TenantPage<Query>,
): void {
  const url = `/t/:tenant${page.path}`;
  const access = tenantRoute(page.capability, page.id);
  app.get(url, { config: { access } }, async (request, reply) => {
    const filled = withoutEmptyFields(request.url);
    if (filled !== undefined) return reply.redirect(filled, 303);
    const access = tenantAccessOf(request);
    const answer = await htmlOf(runtime, page, {
      identity: request.identity,
      access,
      params: request.params as Readonly<Record<string, string>>,
      query: request.query,
      address: request.url,
    });
    if ('movedTo' in answer) return reply.redirect(`/t/${access.tenant.slug}${answer.movedTo}`, 303);
    return reply.status(answer.status).type('text/html; charset=utf-8').send(answer.html);
  });
  for (const form of page.forms ?? [])
    registerForm(app, runtime, form, (request, sent, error) =>
      htmlOfRefused(runtime, page, request, { path: sent.path, body: request.body, error }),
    );
  for (const download of page.downloads ?? []) registerDownload(app, runtime, download);
  for (const answer of page.answers ?? []) registerAnswer(app, runtime, answer);
  const { live } = page;
  if (live)
    runtime.livePages.add(url, {
      access,
      render: (ask, cause, open) => liveRender({ runtime, page, live, ask }, cause, open),
    });
}

/** A request for a page, with the address that its live stream asks for. */
interface PageRequest extends PageAsk {
  readonly address: string;
}

async function htmlOf<Query>(
  runtime: WebRuntime,
  page: TenantPage<Query>,
  ask: PageRequest,
  refused?: RefusedForm,
): Promise<{ readonly html: string; readonly status: number } | MovedTo> {
  const { loaded, names, read, frame } = await loadPage(runtime, page, ask);
  if ('movedTo' in loaded) return loaded;
  const html = renderPage(runtime, {
    template: loaded.template ?? page.template,
    title: loaded.title,
    place: page.rail ? page.path : page.under,
    view: loaded.view,
    names,
    frame,
    time: read.time,
    refreshSeconds: loaded.refreshSeconds,
    liveAddress:
      page.live && (loaded.status ?? 200) === 200 && !loaded.still
        ? liveAddressOf(ask.address, read.position, loaded.live)
        : null,
    listed: listedIn(ask.query),
    refused,
  });
  return { html, status: loaded.status ?? 200 };
}

/**
 * The page of a form that was sent and refused, with the fields as they were sent. Undefined for a
 * person who may send the form but not see the page.
 */
async function htmlOfRefused<Query>(
  runtime: WebRuntime,
  page: TenantPage<Query>,
  request: FastifyRequest,
  refused: RefusedForm,
): Promise<string | undefined> {
  const access = tenantAccessOf(request);
  if (!access.allows(page.capability)) return undefined;
  const params = request.params as Readonly<Record<string, string>>;
  const path = `/t/${access.tenant.slug}${page.path}`.replace(/:(\w+)/g, (_, name) => params[name] ?? '');
  const { referer = '' } = request.headers;
  const shown = URL.canParse(referer) ? new URL(referer) : undefined;
  const search =
    shown?.pathname === withBasePath(runtime.deps.config.basePath ?? '', path) ? shown.search : '';
  const query = parseQueryString(search.slice(1));
  const ask = { identity: request.identity, access, params, query, address: path + search };
  const answer = await htmlOf(runtime, page, ask, refused);
  if (!('movedTo' in answer)) return answer.html;
  // The page may redirect to another query, such as the list with its default view.
  const [, moved = ''] = answer.movedTo.split('?');
  const opened = { ...ask, query: parseQueryString(moved), address: `${path}?${moved}` };
  const there = await htmlOf(runtime, page, opened, refused);
  return 'movedTo' in there ? undefined : there.html;
}

async function loadPage<Query>(runtime: WebRuntime, page: TenantPage<Query>, ask: PageAsk) {
  const {
    loaded: found,
    read,
    frame,
  } = await reading(runtime, page, ask, async (read) => {
    const [loaded, frame] = await Promise.all([page.load(read), loadFrame(runtime, ask.identity, read)]);
    return { loaded, read, frame };
  });
  // Outside the snapshot, so that a slow log keeps no connection to the database.
  const loaded = found ?? (await recordedPage(runtime, page, ask, read.position));
  if (!loaded) throw new WebError('not_found', 'Nothing has this address.');
  const people = 'movedTo' in loaded ? [] : loaded.people;
  const names = await runtime.names([...people, ...frame.people]);
  return { loaded, names, read, frame };
}

/** The page for what the log has and the read models, which have reached `position`, don't show yet (202, never 404). */
async function recordedPage<Query>(
  { deps }: WebRuntime,
  { id }: TenantPage<Query>,
  { access, params }: PageAsk,
  position: number,
): Promise<Loaded | undefined> {
  if (!id) return undefined;
  const { tenantId } = access.tenant;
  const recordedAt = await deps.ports.recordedAt(tenantId, id.kind, params[id.param] ?? '');
  if (recordedAt === undefined || recordedAt <= position) return undefined;
  return {
    title: 'Recorded',
    template: 'pages/recorded',
    view: { recordedAt },
    people: [],
    status: 202,
    refreshSeconds: REFRESH_SECONDS,
  };
}

/** The address of a page's live stream: the page's own address with what the page shows. */
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
