import { type CompiledQuery, type Kysely, sql } from 'kysely';
import t from 'tap';
import { z } from 'zod';
import { hubProjection } from '../../../projections/hub/hub-projection.js';
import { backupSetEntity } from '../../../src/entities/backup-set/backup-set.js';
import { scheduleEntity } from '../../../src/entities/schedule/schedule.js';
import { LIMITS } from '../../../src/web/limits.js';
import { PAGES } from '../../../src/web/pages/pages.js';
import { EVENT_SAMPLES } from '../../support/event-samples.js';
import { type Filled, fillHub } from '../../support/filled-hub.js';
import { hubSite, type SiteTenant } from '../../support/hub-site.js';
import { openLive } from '../../support/live-client.js';
import { plannedWith, writePreview } from '../../support/preview-builder.js';
import { keptPlanCost, planCost } from '../../support/query-plans.js';
import { type PlainList, walkList } from '../../support/run-list-walk.js';
import { pageVisitor } from '../page-visitor.js';

/**
 * Goal: no page becomes slower with the years. Method: the read models are filled with many runs. Every page is opened
 * with every filter alone and in pairs, and live updates and the API's lists are read as well. Each statement of these
 * requests is carried out again, and its plan tells how many rows it read. A page shows some hundred rows.
 */
const RUNS = process.env.OPSLEDGER_LONG ? 100_000 : 20_000;
const LARGEST_ITEMS = 5_000;
const LONGEST_HISTORY = 4_000;
const ROWS_READ_MAX = 1_500;
const PAGES_READ_MAX = 3_000;
/** The number of values that are tried for each key of a page's query. */
const VALUES_PER_KEY = 2;
const VIEWS_PER_STREAM = 4;
const SET = '5e700000-0000-4000-8000-000000000001';
/** A set of another tenant, whose slug is `fabrikam`. */
const OTHER_SET = '5e700000-0000-4000-8000-000000000002';
const SCHEDULE = '5c4ed01e-0000-4000-8000-000000000001';

/** Statements that may read more rows, with the reason. */
const ALLOWANCES: readonly {
  readonly rows: number;
  readonly pages?: number;
  readonly is: (asked: Asked) => boolean;
}[] = [
  // The runs of a filter are counted up to the limit of a scan. Where every sixth run or more matches, PostgreSQL reads
  // the table's pages in turn instead of an index.
  {
    rows: LIMITS.runsScanned * 6,
    is: ({ by, sql: text }) => by.includes('/operations?') && text.includes('"counted"'),
  },
  // The bars above a list add up the ended runs of a month, which are counted by quarter of an hour, type and bucket.
  { rows: 30 * 96 * 12, is: ({ sql: text }) => /width_bucket.*"run_outcomes"/.test(text) },
  // A list scans at most this many runs, and each of two filters may look up something for each of them. Each look-up
  // reads the levels of an index and the row.
  {
    rows: LIMITS.runsScanned * 3,
    pages: LIMITS.runsScanned * 7,
    is: ({ by }) => by.includes('/operations?'),
  },
  // Before an export its rows are counted.
  { rows: RUNS * 2, is: ({ by }) => by.includes('/operations/export') },
  // The later outcome of each failure on a page is searched for in the newest runs of its type.
  { rows: 100 * 100, is: ({ sql: text }) => text.includes('"asked"."subject"') },
  // A filter of a history reads every event of one run.
  {
    rows: LONGEST_HISTORY * 3,
    is: ({ by, sql: text }) => by.includes('/history?') && text.includes('"run_events"'),
  },
  // The policies of a page are looked up among the items of the inventory that read their types last.
  {
    rows: LARGEST_ITEMS * 2,
    is: ({ by, sql: text }) => by.includes('/policies') && text.includes('"run_items"'),
  },
  // The policies with findings are chosen among all policies.
  { rows: 30_000, is: ({ by }) => by.includes('/back-up?findings=yes') },
  // Two runs are compared item by item.
  { rows: LARGEST_ITEMS * 4, is: ({ sql: text }) => text.includes('"compared"') },
  // A text is searched for in all items of one run.
  { rows: LARGEST_ITEMS * 2, is: ({ sql: text }) => /"run_items".* ilike /.test(text) },
];

/** Indexes for what the filled read models don't have. */
const UNREACHED_INDEXES = [
  // The map of a restore looks objects up by it, for references.
  'directory_objects USING btree (tenant_id, kind, name_hash)',
  // The newest snapshot of a policy is looked up for the names in its stored content.
  'policy_snapshots USING btree (tenant_id, policy_key, "position" DESC)',
];

/** The end of a prepared statement. */
const MARK = '/* prepared */';
const TRANSACTION = /^(begin|start transaction|commit|rollback|set|select set_config)/i;

interface Asked extends Pick<CompiledQuery, 'sql' | 'parameters'> {
  readonly by: string;
}

t.test('no statement of a page reads more than a few pages’ worth of rows', async (t) => {
  const asked = new Map<string, Asked>();
  let asking = '';
  const site = await hubSite(t, {
    onQuery({ sql: text, parameters }) {
      const key = `${text} ${JSON.stringify(parameters)}`;
      if (!TRANSACTION.test(text) && !asked.has(key)) asked.set(key, { sql: text, parameters, by: asking });
    },
  });
  const first = await site.tenant('contoso');
  const others = [await site.tenant('fabrikam'), await site.tenant('tailspin')];
  const person = first.persons.owner;
  for (const { tenantId } of others) await site.addMember(tenantId, person, 'owner');
  for (const [{ tenantId }, set] of [
    [first, SET],
    [others[0] ?? first, OTHER_SET],
  ] as const)
    await site.builder.append(
      backupSetEntity.stream(tenantId, set),
      [{ type: 'BackupSetCreated', data: { name: 'Before the change', origin: { kind: 'person' } } }],
      { tenantId },
    );
  await site.builder.append(
    scheduleEntity.stream(first.tenantId, SCHEDULE),
    [{ type: 'ScheduleSet', data: EVENT_SAMPLES.ScheduleSet }],
    { tenantId: first.tenantId },
  );
  await site.settle();
  const filled = await fillHub(
    site.database.db as unknown as Kysely<unknown>,
    {
      runs: RUNS,
      largestItems: LARGEST_ITEMS,
      longestHistory: LONGEST_HISTORY,
      tenantIds: [first, ...others].map(({ tenantId }) => tenantId),
      personIds: Object.values(first.persons),
    },
    Date.now(),
  );
  const preview = await writePreview(
    site,
    first.tenantId,
    Array.from({ length: 400 }, (_, n) => plannedWith({ itemId: String(n).padStart(32, '0') })),
  );
  await site.settle();
  const origin = await site.app.listen({ port: 0, host: '127.0.0.1' });

  const live: string[] = [];
  const addresses = [
    '/tenants',
    ...PAGES.flatMap((page) => addressesOf(page, first, { ...filled, preview }, t.fail)),
  ];
  for (const [index, address] of addresses.entries()) {
    asking = address;
    const visitor = await visitorFor(index);
    const { statusCode, body } = await visitor.get(address);
    t.ok([200, 303].includes(statusCode), `${address} is there: ${statusCode}`);
    const [, liveAddress] = /data-address="([^"]+)"/.exec(body) ?? [];
    // Live updates make the same statements for every pair of filters, so pairs are left out.
    if (liveAddress && !address.includes('&')) live.push(liveAddress.replaceAll('&amp;', '&'));
  }

  for (let from = 0; from < live.length; from += VIEWS_PER_STREAM) {
    const views = live.slice(from, from + VIEWS_PER_STREAM);
    asking = `live: ${views.join(' ')}`;
    // Without a position in its address, a page is sent its content at once.
    const unknown = views.map((view) => view.replace(/([?&])position=\d+/, '$1'));
    const stream = await openLive(origin, await site.cookieOf(person), unknown);
    for (const view of views) t.ok(await stream.next('view'), `live: ${view}`);
    await stream.close();
  }

  asking = 'API';
  const token = await site.issueToken(first.tenantId, 'reader', [
    'hub.read',
    'run.read',
    'history.read',
    'features.read',
  ]);
  const { usualRun, largestRun, longestRun, driftRun } = filled;
  for (const path of [
    '/tenants/contoso/runs',
    '/tenants/contoso/runs?bucket=failed&type=drift.generate',
    ...[usualRun, largestRun, longestRun].flatMap((run) =>
      ['', '/history', '/items', '/items?outcome=failed'].map((part) => `/runs/${run}${part}`),
    ),
    `/runs/${driftRun}/findings`,
  ]) {
    const url = `/api/v1${path}`;
    const { statusCode } = await site.app.inject({ url, headers: { authorization: `Bearer ${token}` } });
    t.equal(statusCode, 200, url);
  }

  const statements = [...asked.values()];
  const hub = site.database.hub({ schema: hubProjection.schema });
  const slow = new Map<string, string>();
  const used = new Set<string>();
  const prepared = new Map(
    statements.filter(({ sql: text }) => text.endsWith(MARK)).map((one) => [one.sql, one]),
  );
  t.ok(prepared.size > 10, `${prepared.size} prepared statements, each once more with the plan that is kept`);
  const planned = [
    ...statements.map((one) => ({ ...one, cost: planCost })),
    ...[...prepared.values()].map((one) => ({ ...one, cost: keptPlanCost })),
  ];
  for (const { by, cost, ...query } of planned) {
    const { rows, pages, scans, indexes } = await cost(hub, first.tenantId, query);
    for (const index of indexes) used.add(index);
    const allowance = ALLOWANCES.find(({ is }) => is({ by, ...query }));
    const allowed = allowance?.rows ?? ROWS_READ_MAX;
    const allowedPages = allowance?.pages ?? Math.max(PAGES_READ_MAX, allowed / 2);
    if (rows > allowed || pages > allowedPages)
      slow.set(
        query.sql,
        `${by}: ${rows} rows, ${pages} pages\n  ${scans.slice(0, 3).join('\n  ')}\n  ${query.sql}`,
      );
  }
  t.comment(`${addresses.length} addresses, ${live.length} live, ${statements.length} statements`);
  t.same([...slow.values()], []);

  const { rows: secondary } = await sql<{ name: string; definition: string }>`
    select c.relname as name, pg_get_indexdef(c.oid) as definition from pg_index i
    join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${hubProjection.schema} and not i.indisprimary`.execute(site.database.db);
  const unused = secondary
    .filter(
      ({ name, definition }) => !used.has(name) && !UNREACHED_INDEXES.some((one) => definition.includes(one)),
    )
    .map(({ definition }) => definition);
  t.same(unused, [], 'no index is kept that no page reads');

  await t.test('a list has every match once, in both directions, also when few runs match', async (t) => {
    let cutShort = 0;
    for (const [filters, plain] of LISTS) {
      const list = await walkList(site.database, first.tenantId, filters, plain);
      const name = JSON.stringify(filters);
      t.ok(list.plain.length > 0, `${name} has ${list.plain.length} matches`);
      t.same(list.there, list.plain, `${name}, there`);
      t.same(list.back, list.plain, `${name}, and back`);
      cutShort += list.cutShort;
    }
    t.ok(cutShort > 0, 'some pages reach the limit of scanned runs');
  });

  /** Changes sessions and addresses, so that no request limit is reached. */
  async function visitorFor(index: number) {
    if (index % 200 === 0) visitor = await pageVisitor(site, person, `10.0.0.${index / 200}`);
    return visitor;
  }
});

/** Filters that narrow a list by their own index, by another filter, by time, or only a little. */
const LISTS: readonly (readonly [filters: object, plain: PlainList])[] = [
  [{ type: ['groups.sync'] }, { where: "type = 'groups.sync'" }],
  [
    { type: ['inventory.sync'], bucket: ['failed'], initiator: ['api'] },
    { where: "type = 'inventory.sync' and bucket = 'failed' and initiator_kind = 'api'" },
  ],
  [
    { not_type: ['inventory.sync'], reason: ['worker_lost', 'graph_throttled'], sort: 'oldest' },
    {
      where: `type <> 'inventory.sync' and ${failedFor("'worker_lost', 'graph_throttled'")}`,
      order: 'queued_position',
    },
  ],
  [
    { not_reason: ['graph_forbidden', 'graph_throttled'], bucket: ['failed', 'partially_succeeded'] },
    {
      where: `bucket in ('failed', 'partially_succeeded') and not ${failedFor("'graph_forbidden', 'graph_throttled'")}`,
    },
  ],
  [
    { q: 'selection 3', initiator: ['api'], sort: 'finished' },
    {
      where: "title like '%selection 3' and initiator_kind = 'api' and finished_at is not null",
      order: 'finished_at desc, queued_position desc',
    },
  ],
  [
    { type: ['backup.create'], bucket: ['failed'], sort: 'longest' },
    {
      where: "type = 'backup.create' and bucket = 'failed'",
      order: 'finished_at - started_at desc, queued_position desc',
    },
  ],
  // So few runs match that a page of this many rows reaches the limit of scanned runs.
  [
    { type: ['drift.generate'], initiator: ['schedule'] },
    { where: "type = 'drift.generate' and initiator_kind = 'schedule'", perPage: 400 },
  ],
  [
    { type: ['drift.generate'], initiator: ['schedule'], sort: 'finished' },
    {
      where: "type = 'drift.generate' and initiator_kind = 'schedule' and finished_at is not null",
      order: 'finished_at desc, queued_position desc',
      perPage: 400,
    },
  ],
];
function failedFor(reasons: string): string {
  return `exists (select from ${hubProjection.schema}.failure_runs f
    where f.run_id = runs.run_id and f.reason_code in (${reasons}))`;
}

let visitor: Awaited<ReturnType<typeof pageVisitor>>;

/** Values for the keys of queries. A key without an entry here gets the values of `ANY` that it accepts. */
const VALUES = (
  { usualNumber, position, finding, policy, driftRun, largestRun, longestRun, scopeKey }: Filled,
  { persons }: SiteTenant,
) => ({
  type: ['inventory.sync', 'groups.sync', 'configurationPolicies'],
  not_type: ['inventory.sync'],
  bucket: ['failed', 'succeeded'],
  initiator: [persons.operator, 'api'],
  reason: ['worker_lost', 'graph_forbidden'],
  not_reason: ['unexpected'],
  not_initiator: ['api'],
  q: ['selection', 'inventory 3'],
  basis: ['started', 'finished'],
  last: ['24h', '7d', '3000'],
  opens: ['view'],
  sort: ['longest', 'finished', 'changed'],
  view: ['all'],
  side: ['before', 'after'],
  version: ['1000'],
  old: ['998'],
  new: ['1000'],
  rows: ['1000000,1000010'],
  from: ['2026-02-01'],
  to: ['2026-02-03'],
  fingerprint: [finding],
  run: [driftRun],
  before: [`${policy}.policy 1000`, String(usualNumber), `${usualNumber}.0`, '3000'],
  since: [String(position - 1000)],
  shownAt: [String(position - 1000)],
  newest: [String(position - 1000)],
  past: ['3000', `${policy}.policy 1000`],
  /** The second value is a place in a list of members. */
  after: [String(usualNumber), `1.1767600000000.${persons.operator}`],
  scope: [scopeKey],
  page: ['last'],
  a: [largestRun],
  b: [longestRun],
  kind: ['newly_failing', 'changed', 'group'],
  policy: [policy],
  set: [SET],
  source: ['fabrikam'],
  action: ['create'],
  failed: ['only'],
  item: ['item 7'],
  // Only the present, because a run with made-up events can't be folded.
  at: [''],
  area: ['operation'],
  who: [persons.operator],
  about: [driftRun],
  setting: ['common', 'words setting7'],
  group: ['group 7'],
});
const ANY = ['yes', '24h', 'created', 'newest', 'shown', 'changed', 'new', 'succeeded', '1', 'policy'];

/** The addresses of a page without a query, with each key of its query, and with each pair of keys. */
function addressesOf(
  page: (typeof PAGES)[number],
  tenant: SiteTenant,
  filled: Filled & { readonly preview: string },
  fail: (message: string) => void,
): readonly string[] {
  const { path, query } = page;
  const every = [filled.usualRun, filled.largestRun, filled.longestRun];
  // One event is read by its key, so one run is enough.
  const runs = path.startsWith('/restores/')
    ? [filled.preview]
    : path.includes(':revision')
      ? every.slice(0, 1)
      : path.includes(':run')
        ? every
        : [''];
  // The map of a restore takes a number of rows as `from`; lists take a day.
  const values = {
    ...VALUES(filled, tenant),
    ...(/\/map(ping)?$/.test(path) && { from: ['1'] }),
    ...(path.endsWith('/from-another-tenant') && { set: [OTHER_SET] }),
  };
  const parts = keyPartsOf(query, values, (key) =>
    fail(`the query of ${path} takes “${key}”, which no value here fits`),
  );
  // Exports take the filters of the list, whose pairs are tried on the list. The keys of live streams have no effect on
  // filters.
  const combined = path.endsWith('/export')
    ? []
    : parts.filter(([part = '']) => !/^(rows|newest|shownAt|opens|view)=/.test(part));
  const pairs = combined.flatMap((part, index) =>
    combined.slice(index + 1).flatMap((other) => (part[0] && other[0] ? [`${part[0]}&${other[0]}`] : [])),
  );
  const accepted = (texts: readonly string[]) =>
    texts.filter((text) => query.safeParse(Object.fromEntries(new URLSearchParams(text))).success);
  const [alone, inPairs] = [accepted(['', ...parts.flat()]), accepted(pairs)];
  // A pair makes the same statements for every run, so the run with most rows is enough.
  const heaviest = path.endsWith('/items') ? filled.largestRun : filled.longestRun;
  return runs.flatMap((run) => {
    const queries = runs.includes(heaviest) && run !== heaviest ? alone : [...alone, ...inPairs];
    const filledIn = path
      .replace(':run', run)
      .replace(':revision', '1')
      .replace(':finding', filled.finding)
      .replace(':policy', path.startsWith('/restores/') ? '1'.padStart(32, '0') : filled.policy)
      .replace(':set', SET)
      .replace(':schedule', SCHEDULE)
      .replace(':operationType', 'inventory.sync');
    return queries.map((text) => `/t/${tenant.slug}${filledIn}${text === '' ? '' : `?${text}`}`);
  });
}

/** For each key of a query, the texts `key=value` that it accepts. */
function keyPartsOf(
  query: z.ZodType,
  values: Readonly<Record<string, readonly string[]>>,
  unfit: (key: string) => void,
): readonly (readonly string[])[] {
  const keys = query instanceof z.ZodObject ? Object.keys(query.shape) : [];
  return keys.map((key) => {
    const fitting = (values[key] ?? ANY).filter((value) => query.safeParse({ [key]: value }).success);
    if (fitting.length === 0) unfit(key);
    return fitting.slice(0, VALUES_PER_KEY).map((value) => `${key}=${encodeURIComponent(value)}`);
  });
}
