import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { endClusterWith } from '../test/support/database-cluster.js';
import { itemOf } from '../test/support/hub-scenario.js';
import { type HubSite, hubSite, type SiteTenant } from '../test/support/hub-site.js';
import { openLive } from '../test/support/live-client.js';
import { type BenchOptions, quantile, report } from './report.js';

const TENANTS = 20;
const PAGES = 300;
const MANY_PAGES = 2_000;
const RUNS_PER_SECOND = 100;
const BUSY_SECONDS = 20;
const IDLE_SECONDS = 30;
const SETTLE_MS = 3_000;
const CHANGES_OF_ALL = 5;

type Stream = Awaited<ReturnType<typeof openLive>>;

interface OpenPage {
  readonly stream: Stream;
  readonly tenant: number;
}

/**
 * Live pages of 20 tenants: what 300 pages cost while nothing happens; the time from an event to a changed page while
 * one tenant has 100 runs a second; what pages of other tenants are sent meanwhile; and the memory of 2,000 pages of
 * which half don't read. Server, projector and readers share the process.
 */
export async function run(options: BenchOptions): Promise<void> {
  const { values } = parseArgs({ args: options.args, options: { seconds: { type: 'string' } } });
  const ends: (() => Promise<void>)[] = [];
  const teardown = (end: () => Promise<void>) => ends.unshift(end);
  endClusterWith(teardown);
  try {
    const site = await hubSite({ teardown }, { beginning: Date.now() });
    const tenants: SiteTenant[] = [];
    for (let n = 0; n < TENANTS; n++) tenants.push(await site.tenant(`t-${n}`, `Tenant ${n}`));
    for (const { tenantId, persons } of tenants) await oneRun(site, tenantId, persons.operator);
    await site.settle();
    const origin = await site.app.listen({ host: '127.0.0.1', port: 0 });
    const pages = await open(site, origin, tenants, PAGES);
    const print = (subject: string, metric: string, unit: string, value: number, n: number) =>
      report({ bench: 'live', subject, metric, unit, value, n }, options);

    await setTimeout(SETTLE_MS);
    const idle = await coreShare(() => setTimeout(Number(values.seconds ?? IDLE_SECONDS) * 1000));
    print(`${PAGES} idle pages`, 'share_of_a_core', '%', idle * 100, PAGES);

    const busy = await measureBusy(site, tenants, pages, Number(values.seconds ?? BUSY_SECONDS));
    const { took } = busy;
    print('event to page', 'p50', 'ms', quantile(took, 0.5), took.length);
    print('event to page', 'p99', 'ms', quantile(took, 0.99), took.length);
    print(`${RUNS_PER_SECOND} runs a second`, 'share_of_a_core', '%', busy.share * 100, PAGES);
    print('messages to pages of quiet tenants', 'count', '', busy.quietMessages, PAGES);
    await Promise.all(pages.map(({ stream }) => stream.close()));

    const many = await measureMany(site, origin, tenants);
    print(`${MANY_PAGES} pages, half of them not reading`, 'memory', 'MiB', many.memoryMiB, MANY_PAGES);
    print('change to the last reading page', 'longest', 'ms', many.longestMs, MANY_PAGES / 2);
  } finally {
    for (const end of ends) await end();
  }
}

/** Opens this many pages, spread over tenants, persons and kinds of pages. */
async function open(site: HubSite, origin: string, tenants: readonly SiteTenant[], count: number) {
  const roles = ['owner', 'manager', 'operator', 'readonly', 'auditor'] as const;
  const paths = ['operations', 'failures', 'drift'];
  const pages: OpenPage[] = [];
  for (let n = 0; n < count; n++) {
    const tenant = n % tenants.length;
    const round = Math.floor(n / tenants.length);
    const of = tenants[tenant];
    const role = roles[round % roles.length] ?? 'owner';
    // Members read findings; auditors read the list.
    const path = role === 'auditor' ? 'operations' : paths[Math.floor(round / roles.length) % paths.length];
    const address = `/t/t-${tenant}/${path}?position=${site.head()}`;
    const stream = await openLive(origin, await site.cookieOf(of?.persons[role] ?? ''), [address]);
    if (stream.status !== 200) throw new Error(`${address} was answered ${stream.status}`);
    pages.push({ stream, tenant });
  }
  return pages;
}

/** Carries out a run with one item. Returns the position of its last event. */
async function oneRun(site: HubSite, tenantId: string, personId: string): Promise<void> {
  const { builder } = site;
  const initiator = { kind: 'member', personId } as const;
  const runId = await builder.queue(tenantId, builder.chance.hex(32), { initiator });
  const counts = { total: 1, processed: 1, succeeded: 1, failed: 0, skipped: 0 };
  await builder.toRun(
    tenantId,
    runId,
    { type: 'RunStarted', data: { attempt: 1, worker: 'w' } },
    { type: 'RunItemsRecorded', data: { items: [itemOf('one', 'succeeded')] } },
    { type: 'RunCompleted', data: { counts, related: [], summary: 'Done' } },
  );
}

/** The share of one core that this process took during the work. */
async function coreShare(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / (performance.now() - from);
}

async function measureBusy(
  site: HubSite,
  tenants: readonly SiteTenant[],
  pages: readonly OpenPage[],
  seconds: number,
) {
  const [busy] = tenants;
  if (!busy) throw new TypeError('there is no tenant');
  /** The time at which each event was appended, by its position. */
  const appendedAt: number[] = [];
  const took: number[] = [];
  let quietMessages = 0;
  let going = true;
  const firstPosition = site.head();
  for (const { stream, tenant } of pages) void follow(stream, tenant);

  async function follow(stream: Stream, tenant: number): Promise<void> {
    let shown = firstPosition;
    while (going) {
      const message = await stream.next('view');
      if (!message || !going) return;
      if (tenant !== 0) quietMessages++;
      else if (message.position !== undefined) {
        const now = performance.now();
        for (; shown < message.position; shown++) {
          const at = appendedAt[shown + 1];
          if (at !== undefined) took.push(now - at);
        }
      }
    }
  }

  const share = await coreShare(async () => {
    const from = performance.now();
    for (let n = 0; n < seconds * RUNS_PER_SECOND; n++) {
      const wait = from + (n * 1000) / RUNS_PER_SECOND - performance.now();
      if (wait > 0) await setTimeout(wait);
      const before = site.head();
      const at = performance.now();
      await oneRun(site, busy.tenantId, busy.persons.operator);
      for (let position = before + 1; position <= site.head(); position++) appendedAt[position] = at;
    }
  });
  await setTimeout(SETTLE_MS);
  going = false;
  took.sort((one, other) => one - other);
  return { took, share, quietMessages };
}

async function measureMany(site: HubSite, origin: string, tenants: readonly SiteTenant[]) {
  global.gc?.();
  const before = process.memoryUsage().rss;
  const pages = await open(site, origin, tenants, MANY_PAGES);
  const reading = pages.filter((_, n) => Math.floor(n / tenants.length) % 2 === 0);
  let most = 0;
  let longestMs = 0;
  for (let n = 0; n < CHANGES_OF_ALL; n++) {
    const changed = reading.map(({ stream }) => stream.next('view'));
    const from = performance.now();
    for (const { tenantId, persons } of tenants) await oneRun(site, tenantId, persons.operator);
    await Promise.all(changed);
    longestMs = Math.max(longestMs, performance.now() - from);
    most = Math.max(most, process.memoryUsage().rss);
  }
  await Promise.all(pages.map(({ stream }) => stream.close()));
  return { memoryMiB: (most - before) / 2 ** 20, longestMs };
}
