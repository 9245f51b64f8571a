import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/app-version.js';
import { createMetrics } from '../../src/metrics/metrics.js';
import { promtoolPath, skipWithoutPromtool } from '../support/system-parts.js';

/** The alert rules and the dashboard use only metrics that exist, and the page on operating explains every alert. */

const folder = path.join(packageRoot, 'docs', 'monitoring');
const text = (...parts: readonly string[]) => readFileSync(path.join(packageRoot, ...parts), 'utf8');

async function knownMetrics(): Promise<Set<string>> {
  const metrics = createMetrics();
  metrics.followEventStore(async () => ({
    events: 1,
    streams: 1,
    bytes: 1,
    subscriptions: 1,
    appends: 1,
    appendsPerSecond: 1,
    damage: undefined,
  }));
  metrics.followWorker(() => 1);
  metrics.followBus(() => true);
  metrics.followParts(() => ({ workers: { state: 'ok' } }));
  metrics.followClocks(() => new Map([['PostgreSQL', 0]]));
  metrics.followProjector('hub', () => ({ state: 'leading', position: 1, lagSeconds: 1 }));
  return new Set([...(await metrics.text()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? ''));
}

t.test('rules and dashboard ask for metrics that a process answers', async (t) => {
  const known = await knownMetrics();
  for (const file of readdirSync(folder)) {
    const asked = text('docs', 'monitoring', file).match(/\b(opsledger|process|nodejs)_[a-z0-9_]+\b/g) ?? [];
    t.ok(asked.length > 0, file);
    for (const name of new Set(asked)) t.ok(known.has(name), `${file}: ${name}`);
  }
  t.ok(JSON.parse(text('docs', 'monitoring', 'dashboard.json')).panels.length > 0);
});

t.test('the page on metrics names every metric of the program', async (t) => {
  const page = text('docs', 'metrics.md');
  for (const name of await knownMetrics())
    if (name.startsWith('opsledger_')) t.match(page, new RegExp(`\\b${name}\\b`), name);
});

t.test('the script that makes the logins does what the page says', async (t) => {
  const script = text('docs', 'setup', 'create-logins.sh');
  const page = text('docs', 'operating.md');
  for (const statement of script.match(/^(create|grant) .*;$/gm) ?? []) {
    const asOnPage = statement.replace(/:'\w+'/, "'…'").replace(/hub login password '…'/, 'hub nologin');
    t.ok(page.includes(asOnPage), asOnPage);
  }
});

t.test('the page on operating says for each alert what to do first', async (t) => {
  const page = text('docs', 'operating.md');
  const [, section = ''] = page.split(/^### When an alert fires$/m);
  const rows = section.split(/^#/m)[0]?.match(/^\| `.*$/gm) ?? [];
  const alerts = text('docs', 'monitoring', 'alerts.yml').match(/(?<=- alert: )\w+/g) ?? [];
  t.strictSame(rows.map((row) => /`(\w+)`/.exec(row)?.[1]).sort(), [...alerts].sort());
  const headings = (page.match(/(?<=^#{2,3} ).+$/gm) ?? []).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor ?? '');
  t.ok(links.length > 5);
  for (const anchor of new Set(links)) t.ok(headings.includes(anchor), `#${anchor}`);
});

const promtool = promtoolPath() ?? '';

t.test('Prometheus takes the rules', { skip: skipWithoutPromtool() }, async (t) => {
  const { status, stdout, stderr } = spawnSync(
    promtool,
    ['check', 'rules', path.join(folder, 'alerts.yml')],
    { encoding: 'utf8' },
  );
  t.equal(status, 0, `${stdout}${stderr}`);
});

t.test('the rules alert when they should', { skip: skipWithoutPromtool() }, async (t) => {
  const file = path.join(folder, 'alerts.test.yml');
  const { status, stdout, stderr } = spawnSync(promtool, ['test', 'rules', file], { encoding: 'utf8' });
  t.equal(status, 0, `${stdout}${stderr}`);
});

t.test('sentences that the page explains are those of the program', async (t) => {
  const page = text('docs', 'operating.md');
  const sources = [
    'src/db/database-trouble.ts',
    'src/program/trouble-in-words.ts',
    'src/db/tenant-keyring.ts',
  ]
    .map((file) => text(file))
    .join('\n');
  for (const sentence of [
    'The database does not answer',
    'All connections of the database are taken',
    'The database that answers is read-only, as a standby is',
    'The database has no room left',
    'The event store does not answer',
    'The artifacts in this database were encrypted under the master key',
  ]) {
    t.ok(page.includes(sentence), `explained: ${sentence}`);
    t.ok(sources.includes(sentence), `said: ${sentence}`);
  }
});
