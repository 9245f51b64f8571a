import t from 'tap';
import { startGraphSimulator } from '../../src/graph/simulator/start-graph-simulator.js';
import { createFaultBed, longRun } from '../support/fault-bed.js';
import { createdPolicies } from '../support/fault-graph.js';
import { GRAPH_TYPE } from '../support/fault-operations.js';
import { brokenPromises } from '../support/promise-checker.js';
import { skipWithoutNats } from '../support/system-parts.js';

const RUNS = longRun ? 10 : 3;
const ITEMS = 4;
/** How many requests the network fault hits. */
const REQUESTS_HIT = (RUNS * ITEMS) / 2;
/** Fewer than the attempts of a look-up, so that no look-up is given up. */
const LOOK_UPS_HIT = 5;
/** How often Graph throttles, and for how long. */
const THROTTLED = longRun ? { times: 3, seconds: 20 } : { times: 2, seconds: 3 };

t.test('X22: Graph in trouble', { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  const graph = await startGraphSimulator({ source: { content: new Map() } });
  t.teardown(() => graph.stop());
  await bed.connectTenant(graph.url);
  const worker = { kind: 'program' as const, roles: ['worker' as const] };
  const launch = () => bed.process(worker, { GRAPH_URL: graph.url });
  const [victim] = await Promise.all([
    launch(),
    launch(),
    bed.process({ kind: 'program', roles: ['projector'] }),
  ]);
  let started = 0;
  let seen = 0;
  const startSome = async (what: string, runs = RUNS) => {
    started += runs;
    const keys = Array.from({ length: runs }, (_, index) => `${what} ${index}`);
    return Promise.all(keys.map((key) => bed.start(key, { items: ITEMS }, { type: GRAPH_TYPE })));
  };
  /** Checks that everything ends, that no promise is broken and that this many more policies were created. */
  const check = async (t: { same: (a: unknown, b: unknown) => unknown }, created: number) => {
    await bed.settled(started);
    const effects = createdPolicies(graph);
    t.same(await brokenPromises(bed.log, { answers: bed.answers, effects, settled: true }), []);
    t.same(effects.length - seen, created);
    seen = effects.length;
  };

  await t.test('Graph carries requests out and closes their connections', async (t) => {
    graph.failNext({ kind: 'cut', method: 'POST', count: REQUESTS_HIT });
    graph.failNext({ kind: 'cut', method: 'GET', midBody: true, count: LOOK_UPS_HIT });
    await startSome('cut');
    await check(t, RUNS * ITEMS);
    t.equal(graph.pendingFaults(), 0, 'all of them were hit');
  });

  await t.test('Graph accepts requests and never answers', async (t) => {
    graph.failNext({ kind: 'hang', method: 'POST', count: REQUESTS_HIT });
    await startSome('hung');
    await check(t, RUNS * ITEMS);
    t.equal(graph.pendingFaults(), 0);
  });

  await t.test('Graph throttles, and a worker dies meanwhile', async (t) => {
    const { seconds, times } = THROTTLED;
    graph.failNext({
      kind: 'status',
      status: 429,
      method: 'POST',
      retryAfter: `${seconds}`,
      count: times * RUNS,
    });
    const [waiting] = await startSome('throttled');
    const { data } = await bed.seen(
      ({ type, metadata }) =>
        type === 'RunWaiting' && (metadata as { runId: string }).runId === waiting?.runId,
    );
    t.match(data, { reasonCode: 'graph_throttled' }, 'the run says what it waits for');
    victim.signal('SIGKILL');
    await check(t, RUNS * ITEMS);
    t.equal(graph.pendingFaults(), 0);
  });

  await t.test('Graph asks for a longer wait than the run’s budget', async (t) => {
    // No run waits as long as a day.
    const retryAfter = '86400';
    graph.failNext({ kind: 'status', status: 429, method: 'POST', retryAfter });
    const [run] = await startSome('refused', 1);
    await check(t, ITEMS - 1);
    const end = await bed.seen(
      ({ type, metadata }) => type === 'RunCompleted' && (metadata as { runId: string }).runId === run?.runId,
    );
    t.match(end.data, { counts: { succeeded: ITEMS - 1, failed: 1 } }, 'one item fails, the others go on');
  });
});
