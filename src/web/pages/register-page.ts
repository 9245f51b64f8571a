import { parse as parseQueryString } from 'node:querystring';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { ReasonCode } from '../../runs/reason-codes.js';
import { checkpointPosition, readHub } from '../hub/hub-read.js';
import { personSettings, zoneIn } from '../hub/person-settings.js';
import type { PageAsk } from '../live/live-pages.js';
import type { LiveRender } from '../live/live-stream.js';
import { personOf, tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import { issueInWords } from '../view/issue-words.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import type { LivePage, PageRead, TenantPage } from './page.js';
import { registerForm } from './page-form.js';
import { frameFragments, loadFrame, type RefusedForm, renderPage } from './page-frame.js';

/** Registers a page's address and, where it is live, what live streams show of it under the same access. */
export function registerTenantPage<Query>(
  app: FastifyInstance,
  runtime: WebRuntime,
  page: TenantPage<Query>,
): void {
  const url = `/t/:tenant${page.path}`;
  const access = tenantRoute(page.capability, page.id);
  app.get(url, { config: { access } }, async (request, reply) => {
    const { html, status } = await htmlOf(runtime, page, {
      identity: request.identity,
      access: tenantAccessOf(request),
      params: request.params as Readonly<Record<string, string>>,
      query: request.query,
      address: request.url,
    });
    return reply.status(status).type('text/html; charset=utf-8').send(html);
  });
  for (const form of page.forms ?? [])
    registerForm(app, runtime, form, (request, sent, error) =>
      htmlOfRefused(runtime, page, request, { path: sent.path, body: request.body, error }),
    );
  const { live } = page;
  if (live) runtime.livePages.add(url, { access, render: (ask) => liveFragments(runtime, page, live, ask) });
}

/** A request for a page, and the address that its live stream is asked for. */
interface PageRequest extends PageAsk {
  readonly address: string;
}

async function htmlOf<Query>(
  runtime: WebRuntime,
  page: TenantPage<Query>,
  ask: PageRequest,
  refused?: RefusedForm,
): Promise<{ readonly html: string; readonly status: number }> {
  const { loaded, names, read, frame } = await loadPage(runtime, page, ask);
  const html = renderPage(runtime, {
    template: loaded.template ?? page.template,
    title: loaded.title,
    place: page.rail ? page.path : page.under,
    view: loaded.view,
    names,
    frame,
    time: read.time,
    refreshSeconds: loaded.refreshSeconds,
    liveAddress: page.live && !loaded.status ? liveAddressOf(ask.address, read.position, loaded.live) : null,
    refused,
  });
  return { html, status: loaded.status ?? 200 };
}

/**
 * The page of a form that was sent and not taken, as its reader had it before them, with the form as it was sent.
 * Undefined for somebody who may send the form but not see the page.
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
  const search = shown?.pathname === path ? shown.search : '';
  const query = parseQueryString(search.slice(1));
  const ask = { identity: request.identity, access, params, query, address: path + search };
  return (await htmlOf(runtime, page, ask, refused)).html;
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
    const settings = await personSettings(db, personId);
    return read({
      db,
      access,
      personId,
      query,
      params: ask.params,
      settings,
      time: { now: clock.now(), zone: await zoneIn(db, personId, settings, config.timeZone) },
      addedCodes: addedCodesOf(runtime),
      position: await checkpointPosition(db),
      runtime,
    });
  });
}

/** Checks a query string. Errors: WebError `bad_request` that names what is wrong. */
export function parseQuery<Query>(schema: z.ZodType<Query>, query: unknown): Query {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  const why = issue ? issueInWords(issue) : '';
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
