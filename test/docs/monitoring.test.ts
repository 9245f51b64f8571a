import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/app-version.js';
import { environmentSchema } from '../../src/config.js';
import { createMetrics } from '../../src/metrics/metrics.js';

/**
 * The alert rules and the dashboard use only metrics that exist, and the page on operating describes them correctly.
 */

const folder = path.join(packageRoot, 'docs', 'monitoring');
const text = (...parts: readonly string[]) => readFileSync(path.join(packageRoot, ...parts), 'utf8');

async function knownMetrics(): Promise<Set<string>> {
  const metrics = createMetrics();
  metrics.followEventStore(async () => ({
    ...{ events: 1, streams: 1, bytes: 1, subscriptions: 1, appends: 1, appendsPerSecond: 1 },
    damage: undefined,
  }));
  metrics.followWorker(() => 1);
  metrics.followBus(() => true);
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

t.test('docker-compose.yml sets variables that there are', async (t) => {
  const known = new Set(Object.keys(environmentSchema.shape));
  const named = text('docker-compose.yml').match(/\b(OPSLEDGER|OIDC|NATS|HUB|DATABASE)_[A-Z_]+\b/g) ?? [];
  t.ok(named.length > 5);
  for (const name of new Set(named)) t.ok(known.has(name), name);
});

const promtool = [process.env.OPSLEDGER_PROMTOOL ?? '', '/usr/bin/promtool'].find(
  (file) => file && existsSync(file),
);

t.test('Prometheus takes the rules', { skip: promtool ? false : 'promtool is missing' }, async (t) => {
  const { status, stdout, stderr } = spawnSync(
    promtool ?? '',
    ['check', 'rules', path.join(folder, 'alerts.yml')],
    { encoding: 'utf8' },
  );
  t.equal(status, 0, `${stdout}${stderr}`);
});

t.test('the rules alert when they should', { skip: promtool ? false : 'promtool is missing' }, async (t) => {
  const file = path.join(folder, 'alerts.test.yml');
  const { status, stdout, stderr } = spawnSync(promtool ?? '', ['test', 'rules', file], { encoding: 'utf8' });
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
