import { parseArgs } from 'node:util';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { CSRF_FIELD, csrfTokenOf } from '../src/web/auth/csrf.js';
import { askedProcess } from '../test/support/asked-process.js';
import { endClusterWith } from '../test/support/database-cluster.js';
import { type Filled, fillHub } from '../test/support/filled-hub.js';
import { type HubSite, hubSite, type SiteTenant } from '../test/support/hub-site.js';
import type { PageTask, PageTimes } from './hub-client.js';
import { processorTime, usedSince } from './processor-time.js';
import { type BenchOptions, quantile, report } from './report.js';

const RUNS = [10_000, 100_000] as const;
const TENANTS = 40;
const PERSONS = 20;
const LARGEST_ITEMS = 50_000;
const LONGEST_HISTORY = 20_000;
const WARM_UP_REQUESTS = 5;
/** Each size is measured in this many turns, so that what else the machine does disturbs all sizes alike. */
const TURNS = 4;
const REQUESTS = 100;
/** Requests in one session, fewer than the limit for a minute. */
const REQUESTS_A_SESSION = 400;

/** A requested page: its name in the report and its address below the tenant's. */
type Asked = readonly [name: string, path: string];

/**
 * How long a page takes from its request to the last byte of its compressed answer, how many statements it sends, and
 * its processor time on the server, with 10,000 and 100,000 runs of 40 tenants. Half of the runs belong to the tenant whose pages are requested. `--runs 10000 --runs 1000000`
 * measures with those numbers instead; `--only text` requests only pages with the text in their name, and
 * `--requests N` each of them N times.
 */
export async function run(options: BenchOptions): Promise<void> {
  const { values } = parseArgs({
    args: options.args,
    options: {
      runs: { type: 'string', multiple: true },
      only: { type: 'string' },
      requests: { type: 'string' },
    },
  });
  const ends: (() => Promise<void>)[] = [];
  const teardown = (end: () => Promise<void>) => ends.unshift(end);
  endClusterWith(teardown);
  try {
    const hubs: FilledSite[] = [];
    for (const runs of values.runs?.map(Number) ?? RUNS) hubs.push(await openFilled({ teardown }, runs));
    const names = hubs[0]?.pages.map(([name]) => name).filter((name) => name.includes(values.only ?? ''));
    const requests = Math.ceil(Number(values.requests ?? REQUESTS) / TURNS);
    const pages = new Map<FilledSite, readonly Measured[]>();
    for (const name of names ?? []) {
      const measured = new Map(hubs.map((hub) => [hub, NOTHING_MEASURED]));
      for (const hub of hubs) await visitPage(hub, name, WARM_UP_REQUESTS);
      for (let turn = 0; turn < TURNS; turn++)
        for (const hub of hubs) {
          const before = processorTime();
          const { took, queries } = await visitPage(hub, name, requests);
          const { program, postgres } = usedSince(before);
          const known = measured.get(hub) ?? NOTHING_MEASURED;
          measured.set(hub, {
            took: [...known.took, ...took],
            queries,
            program: known.program + program,
            postgres: known.postgres + postgres,
          });
        }
      for (const [hub, one] of measured) {
        print(nameOf(hub, name), one, options);
        pages.set(hub, [...(pages.get(hub) ?? []), one]);
      }
    }
    for (const [hub, all] of pages) printMedians(hub, all, options);
  } finally {
    for (const end of ends) await end();
  }
}

/** A hub with filled read models. */
interface FilledSite {
  readonly runs: number;
  readonly pages: readonly Asked[];
  readonly visitor: Visitor;
  /** The statements that the hub has sent so far. */
  queries(): number;
}

interface Measured {
  /** Milliseconds of each request. */
  readonly took: readonly number[];
  /** The statements of a request. */
  readonly queries: number;
  /** Milliseconds of processor time of all requests. */
  readonly program: number;
  readonly postgres: number;
}
const NOTHING_MEASURED: Measured = { took: [], queries: 0, program: 0, postgres: 0 };

async function openFilled(t: Parameters<typeof hubSite>[0], runs: number): Promise<FilledSite> {
  let queries = 0;
  const site = await hubSite(t, { onQuery: () => queries++ });
  const { first, filled } = await fill(site, runs);
  const visitor = await visitorOf(t, site, first.persons.manager);
  return { runs, pages: [...pagesOf(first, filled), MARK_READ], visitor, queries: () => queries };
}

/** Requests a page several times. */
async function visitPage({ pages, visitor, queries }: FilledSite, name: string, times: number) {
  const path = pages.find(([one]) => one === name)?.[1] ?? '';
  const before = queries();
  const took = await visitor(path, times, name === MARK_READ[0]);
  return { took, queries: Math.round((queries() - before) / times) };
}

const nameOf = ({ runs }: FilledSite, page: string) => `${runs.toLocaleString('en')} runs, ${page}`;

/** The median of the pages for each figure, and the p99 of all requests of all pages together. */
function printMedians(hub: FilledSite, pages: readonly Measured[], options: BenchOptions): void {
  const middle = (of: (page: Measured) => number) =>
    quantile(
      pages.map(of).sort((a, b) => a - b),
      0.5,
    );
  const within = (p: number) => (page: Measured) =>
    quantile(
      page.took.toSorted((a, b) => a - b),
      p,
    );
  const figure = (metric: string, unit: string, value: number, n = pages.length) =>
    report({ bench: 'hub', subject: nameOf(hub, 'median of the pages'), metric, unit, value, n }, options);
  figure('p50', 'ms', middle(within(0.5)));
  figure('p99', 'ms', middle(within(0.99)));
  figure(
    'processor_program',
    'ms a page',
    middle(({ program, took }) => program / took.length),
  );
  figure(
    'processor_postgres',
    'ms a page',
    middle(({ postgres, took }) => postgres / took.length),
  );
  const all = pages.flatMap(({ took }) => took).sort((a, b) => a - b);
  figure('p99_of_all_requests', 'ms', quantile(all, 0.99), all.length);
}

function print(subject: string, { took, queries, program, postgres }: Measured, options: BenchOptions): void {
  const sorted = took.toSorted((one, other) => one - other);
  const n = sorted.length;
  const figure = (metric: string, unit: string, value: number) =>
    report({ bench: 'hub', subject, metric, unit, value, n }, options);
  figure('p50', 'ms', quantile(sorted, 0.5));
  figure('p99', 'ms', quantile(sorted, 0.99));
  figure('queries', '', queries);
  figure('processor_program', 'ms a page', program / n);
  figure('processor_postgres', 'ms a page', postgres / n);
}

/** Creates a site with this many runs and a person who is a member of all of its tenants. */
async function fill(site: HubSite, runs: number): Promise<{ first: SiteTenant; filled: Filled }> {
  const first = await site.tenant('t-0', 'Tenant 0');
  const tenantIds = [first.tenantId];
  for (let n = 1; n < TENANTS; n++) {
    const { tenantId } = await site.tenant(`t-${n}`, `Tenant ${n}`);
    await site.addMember(tenantId, first.persons.manager, 'readonly');
    tenantIds.push(tenantId);
  }
  await site.settle();
  const personIds = [first.persons.manager, first.persons.operator, first.persons.owner];
  while (personIds.length < PERSONS) personIds.push(site.builder.chance.uuid());
  const filling = {
    runs,
    tenantIds,
    personIds,
    largestItems: LARGEST_ITEMS,
    longestHistory: LONGEST_HISTORY,
  };
  // The product's pools give a statement up after a while, and filling takes longer.
  const pool = new pg.Pool({ connectionString: site.database.url, max: 1 });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    return { first, filled: await fillHub(db, filling, Date.now()) };
  } finally {
    await db.destroy();
  }
}

/** Requests a page this many times, or sends the form that marks all as read to its address. */
type Visitor = (path: string, times: number, sendsForm: boolean) => Promise<readonly number[]>;

/**
 * A person's browser in a process of its own, so that collecting its garbage doesn't stop the server. It changes session
 * and address before a limit of requests is reached.
 */
async function visitorOf(
  t: Parameters<typeof hubSite>[0],
  site: HubSite,
  personId: string,
): Promise<Visitor> {
  const origin = await site.app.listen({ host: '127.0.0.1', port: 0 });
  const ask = askedProcess<PageTask, PageTimes>(t, new URL('./hub-client.js', import.meta.url));
  let asked = REQUESTS_A_SESSION;
  let sessions = 0;
  let cookie = '';
  return async (path, times, sendsForm) => {
    if (asked + times > REQUESTS_A_SESSION) {
      cookie = await site.cookieOf(personId);
      sessions++;
      asked = 0;
    }
    asked += times;
    const token = csrfTokenOf(cookie.slice(cookie.indexOf('=') + 1));
    const form = sendsForm ? { all: 'yes', [CSRF_FIELD]: token } : undefined;
    const localAddress = `127.1.${sessions >> 8}.${sessions & 255}`;
    const answer = await ask({ origin, path, cookie, localAddress, times, ...(form && { form }) });
    if ('failed' in answer) throw new Error(answer.failed);
    return answer.took;
  };
}

const keysOf = (query: string): readonly string[] => [...new URLSearchParams(query).keys()];

const MARK_READ: Asked = ['mark all read', '/t/t-0/notifications/read'];

function pagesOf(tenant: SiteTenant, filled: Filled): readonly Asked[] {
  const { usualRun, usualNumber, largestRun, longestRun, driftRun, finding } = filled;
  const filters: readonly Asked[] = [
    ['type', 'type=drift.generate'],
    ['rare type', 'type=groups.sync'],
    ['not type', 'not_type=inventory.sync'],
    ['bucket', 'bucket=failed'],
    ['initiator', `initiator=${tenant.persons.operator}`],
    ['initiator kind', 'initiator=api'],
    ['reason', 'reason=worker_lost'],
    ['last 24 h', 'last=24h'],
    ['month of last year', 'from=2026-02-01&to=2026-02-28'],
    ['finished last 24 h', 'last=24h&basis=finished'],
    ['started in a month', 'from=2026-02-01&to=2026-02-28&basis=started'],
  ];
  const list = (name: string, query: string): Asked => [`list: ${name}`, `/t/t-0/operations?${query}`];
  const pairs = filters.flatMap(([name, query], index) =>
    filters
      .slice(index + 1)
      .filter(([, other]) => !keysOf(query).some((key) => keysOf(other).includes(key)))
      .map(([otherName, other]) => list(`${name} and ${otherName}`, `${query}&${other}`)),
  );
  const at = (path: string) => `/t/t-0${path}`;
  return [
    list('first page', ''),
    list('deep page', `before=${usualNumber}`),
    list('search', 'q=selection+3'),
    list('search for a run', `q=${usualRun.split('-')[0]}`),
    list('longest of a rare type', 'sort=longest&type=groups.sync'),
    ...filters.map(([name, query]) => list(name, query)),
    ...pairs,
    list('nothing', 'type=nothing.like_it'),
    list('nothing, by reason', 'reason=nothing_like_it&bucket=failed'),
    ['run', at(`/runs/${usualRun}`)],
    ['run of many items', at(`/runs/${largestRun}`)],
    ['run of many events', at(`/runs/${longestRun}`)],
    ['drift run', at(`/runs/${driftRun}`)],
    ['items', at(`/runs/${usualRun}/items`)],
    ['items, deep in many', at(`/runs/${largestRun}/items?past=30000`)],
    ['items, failed of many', at(`/runs/${largestRun}/items?outcome=failed&reason=graph_forbidden`)],
    ['history', at(`/runs/${usualRun}/history`)],
    ['history, deep in a long one', at(`/runs/${longestRun}/history?past=12000`)],
    ['history, end of a long one', at(`/runs/${longestRun}/history?at=end`)],
    ['event', at(`/runs/${longestRun}/history/12000`)],
    ['failures', at('/failures')],
    ['failures by reason', at('/failures?reason=graph_forbidden&type=inventory.sync')],
    ['drift', at('/drift')],
    ['drift, acknowledged', at('/drift?status=acknowledged')],
    ['drift, all ever', at('/drift?history=yes')],
    ['finding', at(`/drift/findings/${finding}`)],
    ['inventory', at('/inventory')],
    ['notifications', at('/notifications')],
    ['members', at('/members')],
    ['policies', at('/policies')],
    ['policies, search', at('/policies?q=area')],
    ['policy', at(`/policies/${filled.policy}`)],
    ['schedules', at('/schedules')],
    ['exports', at('/exports')],
    ['backup sets', at('/backup-sets')],
    ['restores', at('/restores')],
    ['audit', at('/audit')],
    ['health', at('/health')],
    ['all tenants', '/tenants'],
  ];
}
