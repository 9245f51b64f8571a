import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { escapeHtml } from '../../wording/escape-html.js';
import { enter } from '../route-access.js';
import { WEB_ERRORS, type WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { loadFrame, renderPage } from './page-frame.js';
import { reading } from './page-reading.js';
import { renderStandAlone } from './stand-alone-page.js';

/** Seconds after which the page for a part that is away loads itself again. */
export const RETRY_AFTER_SECONDS = 3;

/**
 * The page for an error: with the tenant's frame for a person with a role in the tenant, otherwise without
 * it. When the page itself fails, only its texts.
 */
export async function errorPage(
  runtime: WebRuntime,
  request: FastifyRequest,
  error: WebError,
): Promise<string> {
  const { code, message, details } = error;
  const { status, title } = WEB_ERRORS[code];
  const tenant = tenantIn(runtime, request);
  const { link, linkText } = { ...withoutQuery(request, error), ...details };
  const view = {
    title,
    status,
    message,
    code: details.refusalCode,
    link: link && { href: link, text: linkText ?? 'View the run that is active' },
    requestId: request.id,
    home: homeOf(request, tenant),
  };
  const refresh = code === 'unavailable' ? { refresh: String(RETRY_AFTER_SECONDS) } : {};
  try {
    // The frame is read from the database, which may be the part that is away.
    if (tenant && status < 500) return await inFrame(runtime, request, { tenant, title, view });
  } catch (failure) {
    request.log.warn({ err: failure }, 'the frame of an error’s page could not be read');
  }
  try {
    return renderStandAlone(runtime, { template: 'pages/error', title, view, ...refresh });
  } catch (failure) {
    request.log.error({ err: failure }, 'the page for an error could not be rendered');
    return `<!doctype html><title>${escapeHtml(title)}</title><p>${escapeHtml(message)}`;
  }
}

/** For a page whose address has a value that can't be used: the same page without its filters. */
function withoutQuery({ url, method, routeOptions }: FastifyRequest, { code }: WebError) {
  const [path, query] = url.split(/\?(.*)/s);
  return code === 'bad_request' && method === 'GET' && routeOptions.url && query
    ? { link: path, linkText: 'Open the page without what its address asks for' }
    : {};
}

type OwnTenant = NonNullable<ReturnType<typeof tenantIn>>;

/** The tenant in the address, if the person has a role in it. */
function tenantIn({ deps }: WebRuntime, { identity, url }: FastifyRequest) {
  const slug = /^\/t\/([\w-]+)/.exec(url)?.[1];
  if (identity?.kind !== 'person' || slug === undefined) return undefined;
  return deps.ports.access
    .tenantsOf(identity.session.personId)
    .find((tenant) => tenant.slug === slug && !tenant.closed);
}

async function inFrame(
  runtime: WebRuntime,
  { identity }: FastifyRequest,
  { tenant, title, view }: { readonly tenant: OwnTenant; readonly title: string; readonly view: object },
): Promise<string> {
  const access = enter(identity, tenant, runtime.deps.ports.access);
  const ask = { identity, access, params: {}, query: {} };
  const { frame, time } = await reading(runtime, { query: z.object({}) }, ask, async (read) => ({
    frame: await loadFrame(runtime, identity, read),
    time: read.time,
  }));
  return renderPage(runtime, {
    template: 'pages/error-in-tenant',
    title,
    place: undefined,
    view,
    names: await runtime.names(frame.people),
    frame,
    time,
    refreshSeconds: undefined,
    liveAddress: null,
    listed: '',
  });
}

/** The page that an error page offers to go to. */
function homeOf({ identity }: FastifyRequest, tenant: OwnTenant | undefined) {
  if (tenant) return { href: `/t/${tenant.slug}`, text: `To the first page of ${tenant.name}` };
  return identity?.kind === 'person'
    ? { href: '/tenants', text: 'To your tenants' }
    : { href: '/signin', text: 'Sign in' };
}
