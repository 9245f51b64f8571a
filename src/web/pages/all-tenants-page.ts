import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { fewAtOnce } from '../../operations/handling/few-at-once.js';
import { csrfTokenOf } from '../auth/csrf.js';
import { checkpointPosition, hubReport, readHub } from '../hub/hub-read.js';
import { createStandingReader, type TenantStanding } from '../hub/tenant-summary.js';
import type { LiveView } from '../live/live-stream.js';
import type { TenantMembership } from '../ports/access.js';
import { type Identity, personOf } from '../request-identity.js';
import { enter, SIGNED_IN } from '../route-access.js';
import type { TimeFrame } from '../view/format.js';
import { STANDING_COLUMNS, standingRow } from '../view/standing-row.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { withoutEmptyFields } from './empty-fields.js';
import { firstPageOf } from './first-page.js';
import { type StatusStrip, stripOf } from './page-frame.js';
import { parseQuery } from './page-reading.js';
import { pageLive, renderStandAlone, timeOfPerson } from './stand-alone-page.js';

const PATH = '/tenants';
const TEMPLATE = 'partials/all-tenants';
const STRIP = 'partials/status-strip';
/** Tenants that are read at the same time. A small number leaves connections for other readers. */
const READ_AT_ONCE = 3;

const querySchema = z.object({
  /** Part of a tenant's name. */
  q: z.string().max(100).default(''),
  position: z.coerce.number().int().optional(),
});

/** A tenant's row. `standing` is undefined when it can't be read and null when the person's role doesn't allow it. */
interface TenantRow {
  readonly tenant: TenantMembership;
  readonly href: string;
  readonly standing: TenantStanding | null | undefined;
}

/** `/tenants`: every tenant that the person belongs to, worst first (H12). */
export function registerAllTenants(app: FastifyInstance, runtime: WebRuntime): void {
  app.get(PATH, { config: { access: SIGNED_IN } }, async (request, reply) => {
    const filled = withoutEmptyFields(request.url);
    if (filled !== undefined) return reply.redirect(filled, 303);
    const { identity } = request;
    const personId = personOf(request);
    const { q } = parseQuery(querySchema, request.query);
    const { rows, position } = await readRows(runtime, identity, matching(runtime, personId, q));
    const address = new URLSearchParams({ ...(q === '' ? {} : { q }), position: String(position) });
    const belongs = rows.length > 0 || q !== '';
    const time = await timeOfPerson(runtime, personId);
    const html = renderStandAlone(runtime, {
      template: 'pages/all-tenants',
      title: 'All tenants',
      time,
      csrf: identity.kind === 'person' ? csrfTokenOf(identity.cookieSecret) : '',
      live: pageLive(rows.length === 0 ? null : `${PATH}?${address}`),
      view: {
        ...rowsView(rows, q, runtime.deps.clock.now()),
        advice: belongs ? ADVICE : ADVICE_WITHOUT_ROLE,
        belongs,
        strip: await stripFor(runtime, personId, position, time),
        person: (await runtime.names([personId])).get(personId) ?? 'somebody without a name',
        personId,
      },
    });
    return reply.type('text/html; charset=utf-8').send(html);
  });
  runtime.livePages.addOfPerson(PATH, (identity, query) => liveView(runtime, identity, query));
}

/** The live view of the rows. It reads only tenants in which something changed. */
function liveView(runtime: WebRuntime, identity: Identity, asked: unknown): LiveView {
  const { q, position: shownPosition = -1 } = parseQuery(querySchema, asked);
  const personId = personOf({ identity });
  const known = new Map<string, TenantRow>();
  const changed = new Set<string>();
  return {
    shownPosition,
    async render() {
      const tenants = matching(runtime, personId, q);
      const stale = tenants.filter(({ tenantId }) => changed.has(tenantId) || !known.has(tenantId));
      changed.clear();
      const read = await readRows(runtime, identity, stale);
      for (const row of read.rows) known.set(row.tenant.tenantId, row);
      const rows = tenants.flatMap(({ tenantId }) => known.get(tenantId) ?? []);
      const time = await timeOfPerson(runtime, personId);
      const strip = await stripFor(runtime, personId, read.position, time);
      const html = (template: string, view: object) => runtime.renderer.render(template, { time, ...view });
      return {
        position: read.position,
        fragments: [
          { target: 'all-tenants', html: html(TEMPLATE, rowsView(rows, q, time.now)) },
          ...(strip ? [{ target: 'status-strip', html: html(STRIP, { strip }) }] : []),
        ],
      };
    },
    subscribe(listener) {
      const ends = matching(runtime, personId, q).map(({ tenantId }) =>
        runtime.changes.subscribe(tenantId, (runs) => {
          changed.add(tenantId);
          listener(runs);
        }),
      );
      return () => {
        for (const end of ends) end();
      };
    },
  };
}

const matching = ({ deps }: WebRuntime, personId: string, q: string): readonly TenantMembership[] =>
  deps.ports.access
    .tenantsOf(personId)
    .filter(({ name }) => name.toLocaleLowerCase('en').includes(q.toLocaleLowerCase('en')));

/** Reads each tenant in a transaction of that tenant. `position` is the lowest of theirs, -1 when nothing was read. */
async function readRows(runtime: WebRuntime, identity: Identity, tenants: readonly TenantMembership[]) {
  const rows: TenantRow[] = [];
  const positions: number[] = [];
  const readStanding = createStandingReader(runtime.deps.clock.now());
  await fewAtOnce(tenants, READ_AT_ONCE, async (tenant) => {
    const { row, position } = await readRow(runtime, identity, tenant, readStanding);
    rows.push(row);
    positions.push(position);
  });
  return { rows, position: positions.length === 0 ? -1 : Math.min(...positions) };
}

async function readRow(
  { deps }: WebRuntime,
  identity: Identity,
  tenant: TenantMembership,
  readStanding: ReturnType<typeof createStandingReader>,
): Promise<{ row: TenantRow; position: number }> {
  const entered = enter(identity, tenant, deps.ports.access);
  const href = firstPageOf(entered);
  if (!entered.allows('hub.read')) return { row: { tenant, href, standing: null }, position: -1 };
  try {
    const { standing, position } = await readHub(deps, tenant.tenantId, readStanding);
    return { row: { tenant, href, standing }, position };
  } catch (error) {
    // The other tenants are shown even when this one can't be read at the moment.
    if (error instanceof WebError && error.code === 'unavailable')
      return { row: { tenant, href, standing: undefined }, position: -1 };
    throw error;
  }
}

/**
 * The strip at the foot of the page (H8), for rows that are as of this position, or of now when it is -1. It is read
 * in one of the person's tenants; null for a person without any, and while it can't be read.
 */
async function stripFor(
  { deps }: WebRuntime,
  personId: string,
  rowsPosition: number,
  time: TimeFrame,
): Promise<StatusStrip | null> {
  const [tenant] = deps.ports.access.tenantsOf(personId);
  if (!tenant) return null;
  try {
    return await readHub(deps, tenant.tenantId, async (db) =>
      stripOf({
        status: deps.ports.status(),
        report: await hubReport(db),
        tenantId: undefined,
        position: rowsPosition < 0 ? await checkpointPosition(db) : rowsPosition,
        time,
      }),
    );
  } catch (error) {
    if (error instanceof WebError && error.code === 'unavailable') return null;
    throw error;
  }
}

const ADVICE =
  'The tenants in which you have a role; those that need attention come first. A name opens the tenant, a number the list behind it.';
const ADVICE_WITHOUT_ROLE = 'This page lists the tenants in which you have a role.';

const rowsView = (rows: readonly TenantRow[], q: string, now: number) => ({
  q,
  columns: STANDING_COLUMNS,
  rows: inOrder(rows).map(({ tenant, href, standing }) => standingRow(tenant, href, standing, now)),
});

/** Worst first: tenants that can't be read, then by failures, silence, partly succeeded runs, findings and name. */
function inOrder(rows: readonly TenantRow[]): readonly TenantRow[] {
  const weights = ({ standing }: TenantRow): readonly number[] =>
    standing
      ? [
          standing.failed,
          standing.silent + standing.silentSchedules,
          standing.partlySucceeded,
          standing.newFindings,
        ]
      : [standing === undefined ? Number.POSITIVE_INFINITY : 0, 0, 0, 0];
  return [...rows].sort((one, other) => {
    const [ones, others] = [weights(one), weights(other)];
    const first = ones.findIndex((weight, index) => weight !== others[index]);
    return first < 0
      ? one.tenant.name.localeCompare(other.tenant.name, 'en')
      : (others[first] ?? 0) - (ones[first] ?? 0);
  });
}
