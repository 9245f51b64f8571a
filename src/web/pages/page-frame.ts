import { allows } from '../../access/capabilities.js';
import { streamIsOf } from '../../ledger/streams.js';
import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import { csrfTokenOf } from '../auth/csrf.js';
import type { HubReport } from '../hub/hub-read.js';
import { UNREAD_MAX, unreadCount } from '../hub/notification-list.js';
import { activeRunsOf } from '../hub/run-list.js';
import type { RunRow } from '../hub/run-order.js';
import { LIMITS } from '../limits.js';
import type { TenantMembership } from '../ports/access.js';
import type { SystemStatus } from '../ports/status.js';
import type { Identity, TenantAccess } from '../request-identity.js';
import { type FormState, refusedForm } from '../view/form-state.js';
import { cappedCount, duration, type TimeFrame } from '../view/format.js';
import { barText } from '../view/progress-bar.js';
import type { Names } from '../view/who.js';
import { WEB_ERRORS, type WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { type FragmentOf, type PageRead, RAIL_HEADINGS } from './page.js';
import { pageLive } from './stand-alone-page.js';

/** The frame around a page: the rail, the person's own active runs and the status strip. */
export interface Frame {
  readonly access: TenantAccess;
  readonly base: string;
  readonly personId: string;
  readonly singleKeys: boolean;
  readonly tenants: readonly TenantMembership[];
  readonly csrf: string;
  readonly activeRuns: readonly RunRow[];
  readonly unread: number;
  readonly position: number;
  readonly strip: StatusStrip;
  readonly people: readonly string[];
}

export interface StatusStrip {
  readonly isUpToDate: boolean;
  /** 0 while the read models have taken in nothing. */
  readonly position: number;
  readonly lag: string;
  /** What is wrong and since when; null when nothing is. */
  readonly problem: string | null;
  readonly zone: string;
}

/** What the templates of a tenant's pages know of the reader's access, without the reader. */
export const accessView = (access: TenantAccess) => ({
  base: `/t/${access.tenant.slug}`,
  tenant: access.tenant,
  roles: access.roles.join(', '),
  may: {
    readHub: access.allows('hub.read'),
    readFeatures: access.allows('features.read'),
    manageOwn: access.allows('own.manage'),
  },
});

/** The frame as templates see it. */
export const frameView = ({ access, ...frame }: Frame, names: Names) => ({
  ...frame,
  ...accessView(access),
  person: names.get(frame.personId) ?? 'Signed in',
  activeRuns: frame.activeRuns.map((run) => ({
    ...run,
    bucketLabel: BUCKET_LABELS[run.bucket],
    done: barText(run) || (run.bucket === 'queued' ? 'waiting' : 'at work'),
  })),
  unreadText: cappedCount(frame.unread, UNREAD_MAX),
});

/** Reads the frame in the snapshot of the page. */
export async function loadFrame(
  runtime: WebRuntime,
  identity: Identity,
  read: PageRead<unknown>,
): Promise<Frame> {
  const { access, personId, db, time, position } = read;
  const mayNotify = access.allows('own.manage');
  const [activeRuns, unread] = await Promise.all([
    access.allows('hub.read') ? activeRunsOf(db, personId, LIMITS.activeRunsShown) : [],
    mayNotify ? unreadCount(db, personId) : 0,
  ]);
  return {
    access,
    base: `/t/${access.tenant.slug}`,
    personId,
    singleKeys: read.settings.singleKeys,
    tenants: runtime.deps.ports.access.tenantsOf(personId),
    csrf: identity.kind === 'person' ? csrfTokenOf(identity.cookieSecret) : '',
    activeRuns,
    unread,
    position,
    strip: stripOf({
      status: runtime.deps.ports.status(),
      report: read.report,
      tenantId: access.tenant.tenantId,
      position,
      time,
    }),
    people: [personId],
  };
}

interface StripFacts {
  readonly status: SystemStatus;
  readonly report: HubReport | undefined;
  /** The tenant of the page, if it has one. The page may not name streams of other tenants. */
  readonly tenantId: string | undefined;
  readonly position: number;
  readonly time: TimeFrame;
}

/** The strip at the foot of a page: the page's position and how far it is behind (H8). */
export function stripOf(facts: StripFacts): StatusStrip {
  const { position, time } = facts;
  return {
    position: Math.max(0, position),
    isUpToDate: isUpToDate(facts),
    lag: lagOf(facts),
    problem: problemOf(facts),
    zone: time.zone,
  };
}

function isUpToDate({ status, report, position }: StripFacts): boolean {
  if (report && report.silentMs > SILENT_MS) return false;
  return report?.caughtUp || (status.headPosition !== null && position >= status.headPosition);
}

function lagOf(facts: StripFacts): string {
  const { report } = facts;
  if (isUpToDate(facts)) return 'up to date';
  if (!report) return 'lag unknown';
  return report.silentMs > SILENT_MS
    ? `not updated for ${duration(report.silentMs)}`
    : `${duration(report.lagMs)} behind`;
}

function problemOf(facts: StripFacts): string | null {
  const { status, report } = facts;
  const paused = report && pauseFor(report, facts.tenantId);
  if (paused) return `the read models wait${paused.event ? ` at ${paused.event}` : ''}: ${paused.reason}`;
  if (status.building)
    return `new read models are being built: ${status.building.percent} % of the log is read; this is how things were before`;
  if (report && report.silentMs > SILENT_MS) {
    return `the projector has been silent for ${duration(report.silentMs)}`;
  }
  const wrong = Object.entries(status.parts).find(([, part]) => part.state !== 'ok');
  if (wrong) return `${wrong[0]}: ${wrong[1].detail}`;
  return report && !isUpToDate(facts) && report.lagMs > LATE_MS ? 'the read models are catching up' : null;
}

/**
 * Why the read models wait, as a reader of this tenant may know it. An event of another tenant is not shown, nor a
 * reason that may quote it.
 */
export function pauseFor(
  { pausedReason, pausedEvent }: Pick<HubReport, 'pausedReason' | 'pausedEvent'>,
  tenantId: string | undefined,
): { readonly reason: string; readonly event: string | null } | null {
  if (pausedReason === null) return null;
  if (pausedEvent === null || (tenantId !== undefined && isEventOf(pausedEvent, tenantId)))
    return { reason: pausedReason, event: pausedEvent };
  return { reason: 'an event that this program can’t read; it is in the program’s log', event: null };
}

/** Whether `stream@revision` names an event of the tenant. */
export const isEventOf = (event: string, tenantId: string): boolean =>
  streamIsOf(event.slice(0, event.lastIndexOf('@')), tenantId);

/** The projector reports every two seconds. */
const SILENT_MS = 15_000;
const LATE_MS = 10_000;

/** The strip as a part that live updates replace. */
export const stripFragment = (strip: StatusStrip): FragmentOf => ({
  target: 'status-strip',
  template: 'partials/status-strip',
  view: { strip },
});

/** The parts of the frame that are updated live. */
export const frameFragments = (frame: Frame): readonly FragmentOf[] => [
  stripFragment(frame.strip),
  { target: 'active-runs', template: 'partials/active-runs', view: {} },
  ...['unread', 'unread-more'].map((unreadId) => ({
    target: unreadId,
    template: 'partials/unread',
    view: { unreadId },
  })),
];

export interface PageToRender {
  readonly template: string;
  readonly title: string;
  /** Path of the page whose entry in the rail is highlighted. */
  readonly place: string | undefined;
  readonly view: object;
  readonly names: Names;
  readonly frame: Frame;
  readonly time: TimeFrame;
  readonly refreshSeconds: number | undefined;
  /** The address that the page gives to its live stream, or null for a page without live updates. */
  readonly liveAddress: string | null;
  /** Query of the list that a run was opened from; empty for the whole list. */
  readonly listed: string;
  /** A form of the page that was sent and refused. */
  readonly refused?: RefusedForm | undefined;
}

/** A form as it was sent, and why it was refused. */
export interface RefusedForm {
  /** Its path below the tenant's address, as the form declares it. */
  readonly path: string;
  readonly body: unknown;
  readonly error: WebError;
}

/** The states of a page's forms by the paths that declare them. Only a refused form has one. */
const formsOf = (refused: RefusedForm | undefined): Readonly<Record<string, FormState>> =>
  refused ? { [refused.path]: refusedForm(refused.body, refused.error.details.fields ?? {}) } : {};

/** The message above the page that says why the form was refused. */
function refusalOf({ error }: RefusedForm) {
  const { link, linkText = 'View the run that is active', fields } = error.details;
  // An error about fields links back to this page, so its link is left out.
  return {
    title: WEB_ERRORS[error.code].title,
    message: error.message,
    link: fields ? undefined : link,
    linkText,
  };
}

/** A whole page as HTML. */
export function renderPage(runtime: WebRuntime, page: PageToRender): string {
  const { frame, names, time } = page;
  const rail = railOf(runtime, page);
  const { refused } = page;
  const context = {
    frame: frameView(frame, names),
    names,
    time,
    csrf: frame.csrf,
    forms: formsOf(refused),
    listed: page.listed,
  };
  return runtime.renderer.render('layout', {
    ...context,
    page: { template: page.template, data: { ...context, ...page.view } },
    refused: refused && refusalOf(refused),
    singleKeys: frame.singleKeys,
    rail,
    more: rail.flatMap(({ entries }) => entries).filter(({ inBar }) => !inBar),
    switcher: switcherOf(runtime, page),
    title: page.title,
    live: pageLive(page.liveAddress),
    refresh: page.refreshSeconds,
  });
}

/**
 * The person's tenants. Each leads to the same page, or to its first page when the person may not see the same one
 * there.
 */
function switcherOf({ pages }: WebRuntime, { frame, place }: PageToRender) {
  const page = pages.find(({ path }) => path === place);
  return frame.tenants.map(({ tenantId, slug, name, roles }) => ({
    name,
    roles: roles.join(', '),
    current: tenantId === frame.access.tenant.tenantId,
    href: page && allows(roles, page.capability) ? `/t/${slug}${page.path}` : `/t/${slug}`,
  }));
}

/** The entries that narrow windows show in a bar at their foot. A sheet has the others. */
const IN_BAR = 4;

/** The entries of the rail that the person may use, by heading. */
function railOf({ pages }: WebRuntime, { frame, place }: PageToRender) {
  let shown = 0;
  return RAIL_HEADINGS.map((heading) => ({
    heading,
    entries: pages.flatMap(({ rail, path, capability }) =>
      rail?.heading === heading && frame.access.allows(capability)
        ? [
            {
              ...rail,
              href: `${frame.base}${path}`,
              /** The key that goes there when it is pressed after G. */
              key: path[1],
              current: path === place,
              inBar: shown++ < IN_BAR,
            },
          ]
        : [],
    ),
  })).filter(({ entries }) => entries.length > 0);
}
