import { once } from 'node:events';
import { createServer } from 'node:net';
import { EventStoreDBClient } from '@eventstore/db-client';
import t from 'tap';
import { spawnEventStore } from '../../src/embedded/event-store/index.js';
import { createMetrics, type ProjectorFigures } from '../../src/metrics/metrics.js';
import { startMetricsServer } from '../../src/metrics/metrics-server.js';
import { securityHeaders } from '../../src/process/security-headers.js';
import { event, testFolder } from '../embedded/event-store/support/test-store.js';
import { silent } from '../support/database.js';

/** The samples of a text in Prometheus' format, by name and labels. Throws at a line that is none. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || /^# (HELP|TYPE) \w+ /.test(line)) continue;
    const sample = /^(\w+(?:\{\w+="[^"]*"(?:,\w+="[^"]*")*\})?) (\S+)$/.exec(line);
    if (!sample?.[1]) throw new Error(`not a sample: ${line}`);
    samples.set(sample[1], Number(sample[2]));
  }
  return samples;
}

t.test('the embedded event store is counted, and its absence shows', async (t) => {
  const store = await spawnEventStore({ dataDir: testFolder(t) });
  t.teardown(() => store.stop());
  const metrics = createMetrics();
  metrics.followEventStore(() => store.statistics());
  const client = EventStoreDBClient.connectionString(store.url);
  await client.appendToStream('a', [event(), event()]);
  await client.appendToStream('b', event());
  await client.dispose();
  const samples = samplesOf(await metrics.text());
  t.equal(samples.get('opsledger_event_store_up'), 1);
  t.equal(samples.get('opsledger_event_store_events'), 3);
  t.equal(samples.get('opsledger_event_store_streams'), 2);
  t.equal(samples.get('opsledger_event_store_appends_total'), 2);
  t.equal(samples.get('opsledger_event_store_subscriptions'), 0);
  t.equal(samples.get('opsledger_event_store_damaged'), 0);
  t.ok(Number(samples.get('opsledger_event_store_log_bytes')) > 0);
  t.equal(
    samplesOf(await metrics.text()).get('opsledger_event_store_appends_total'),
    2,
    'looking counts nothing',
  );

  const gone = createMetrics();
  gone.followEventStore(() => Promise.reject(new Error('does not answer')));
  const without = samplesOf(await gone.text());
  t.equal(without.get('opsledger_event_store_up'), 0);
  t.notOk(without.has('opsledger_event_store_events'), 'no figure is better than a wrong one');
});

t.test('projectors, the worker and the bus have metrics', async (t) => {
  const metrics = createMetrics();
  let hub: ProjectorFigures = {
    state: 'leading',
    position: 4_711,
    lagSeconds: 0.25,
  };
  metrics.followProjector('hub', () => hub);
  metrics.followWorker(() => 3);
  metrics.followBus(() => false);
  const before = samplesOf(await metrics.text());
  t.equal(before.get('opsledger_projector_up{projection="hub"}'), 1);
  t.equal(before.get('opsledger_projector_position{projection="hub"}'), 4_711);
  t.equal(before.get('opsledger_projector_lag_seconds{projection="hub"}'), 0.25);
  t.equal(before.get('opsledger_worker_runs'), 3);
  t.equal(before.get('opsledger_command_bus_up'), 0);
  t.ok(before.has('process_resident_memory_bytes'), 'and the process');
  hub = { state: 'paused', position: 4_711, lagSeconds: null };
  const after = samplesOf(await metrics.text());
  t.equal(after.get('opsledger_projector_up{projection="hub"}'), 0);
  t.notOk(after.has('opsledger_projector_lag_seconds{projection="hub"}'));
});

t.test('each part of the health page has one state', async (t) => {
  const metrics = createMetrics();
  let parts: Parameters<typeof metrics.followParts>[0] = () => ({
    workers: { state: 'degraded' },
    'event store': { state: 'ok' },
  });
  metrics.followParts(() => parts());
  const stateOf = (samples: Map<string, number>, part: string) =>
    ['ok', 'degraded', 'down'].filter(
      (state) => samples.get(`opsledger_part_state{part="${part}",state="${state}"}`) === 1,
    );
  const before = samplesOf(await metrics.text());
  t.strictSame(stateOf(before, 'workers'), ['degraded']);
  t.strictSame(stateOf(before, 'event store'), ['ok']);
  parts = () => ({ workers: { state: 'down' } });
  const after = samplesOf(await metrics.text());
  t.strictSame(stateOf(after, 'workers'), ['down']);
  t.notOk([...after.keys()].some((sample) => sample.includes('event store')));
});

t.test('the server answers GET of one path only', async (t) => {
  const server = await startMetricsServer(createMetrics(), { host: '127.0.0.1', port: 0, logger: silent });
  t.teardown(() => server.close());
  const at = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  const answer = await at('/metrics?name=all');
  t.equal(answer.status, 200);
  t.match(answer.headers.get('content-type'), 'text/plain; version=0.0.4');
  t.ok(samplesOf(await answer.text()).size > 0);
  for (const [path, method, status] of [
    ['/metrics', 'GET', 200],
    ['/', 'GET', 404],
    ['/metrics', 'POST', 405],
  ] as const) {
    const { status: answered, headers } = await at(path, method);
    t.equal(answered, status);
    t.match(Object.fromEntries(headers), securityHeaders({ tls: false }), `${method} ${path}`);
    t.equal(headers.get('cache-control'), 'no-store');
  }
  await server.close();
  await t.rejects(at('/metrics'), 'nobody listens any more');
});

t.test(
  'a metric that can’t be collected is answered with an error and doesn’t end the process',
  async (t) => {
    const metrics = createMetrics();
    metrics.followWorker(() => {
      throw new Error('broken');
    });
    const server = await startMetricsServer(metrics, { host: '127.0.0.1', port: 0, logger: silent });
    t.teardown(() => server.close());
    const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    t.equal(answer.status, 500);
    t.match(Object.fromEntries(answer.headers), securityHeaders({ tls: false }));
  },
);

t.test('a port in use is reported at start', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.teardown(() => taken.close());
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await t.rejects(startMetricsServer(createMetrics(), { host: '127.0.0.1', port, logger: silent }), {
    code: 'EADDRINUSE',
  });
});
