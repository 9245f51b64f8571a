import t from 'tap';
import { createWaitBudget } from '../../../src/graph/client/wait-budget.js';
import type { FaultOptions } from '../../../src/graph/simulator/faults.js';
import { INTUNE_LIMITS } from '../../../src/graph/simulator/throttle-budget.js';
import {
  catalogContent,
  collected,
  failsWith,
  HANGING_TIMEOUT_MS,
  simulatorAndClient,
} from '../simulator-and-client.js';

const PATH = 'deviceManagement/configurationPolicies';
const content = catalogContent(3);

t.test('what a broken answer becomes', async (t) => {
  const cases: readonly (readonly [FaultOptions, object])[] = [
    [
      { kind: 'status', status: 400, count: 9 },
      { reasonCode: 'validation_failed', status: 400 },
    ],
    [{ kind: 'status', status: 403, count: 9 }, { reasonCode: 'graph_forbidden' }],
    [{ kind: 'status', status: 404, count: 9 }, { reasonCode: 'graph_not_found' }],
    [{ kind: 'status', status: 409, count: 9 }, { reasonCode: 'graph_conflict' }],
    [{ kind: 'status', status: 412, count: 9 }, { reasonCode: 'graph_conflict' }],
    [{ kind: 'status', status: 423, count: 9 }, { reasonCode: 'graph_unavailable' }],
    [{ kind: 'status', status: 500, count: 9 }, { reasonCode: 'graph_unavailable' }],
    [
      { kind: 'hang', count: 9 },
      { reasonCode: 'graph_unavailable', problem: 'timeout' },
    ],
    [
      { kind: 'cut', count: 9 },
      { reasonCode: 'graph_unavailable', problem: 'network' },
    ],
    [
      { kind: 'cut', midBody: true, count: 9 },
      { reasonCode: 'graph_unavailable', problem: 'network' },
    ],
    [
      { kind: 'malformed_json', count: 9 },
      { reasonCode: 'unreadable_answer', problem: 'malformed_answer' },
    ],
    [
      { kind: 'html', count: 9 },
      { reasonCode: 'unreadable_answer', problem: 'wrong_content_type' },
    ],
    [
      { kind: 'huge_body', bytes: 20_000_000, count: 9 },
      { reasonCode: 'content_too_large', problem: 'answer_too_large' },
    ],
    [
      { kind: 'redirect', location: 'http://127.0.0.1:9/', count: 9 },
      { problem: 'redirect', status: 302 },
    ],
  ];
  for (const [fault, expected] of cases) {
    await t.test(JSON.stringify(fault), async (t) => {
      const hangs = fault.kind === 'hang' ? { requestTimeoutMs: HANGING_TIMEOUT_MS } : {};
      const limits = { attemptsMax: 2, responseBytesMax: 1_000_000, ...hangs };
      const { simulator, client } = await simulatorAndClient(t, { content }, { client: { limits } });
      simulator.failNext(fault);
      await failsWith(t, client.get(PATH), { name: 'GraphError', ...expected });
    });
  }
});

t.test('a failure that passes is tried again with a growing, jittered pause', async (t) => {
  const { simulator, client, clock } = await simulatorAndClient(t, { content });
  simulator.failNext({ kind: 'status', status: 502, count: 2 });
  simulator.failNext({ kind: 'cut', count: 1 });
  simulator.failNext({ kind: 'malformed_json', count: 1 });
  t.match(await client.get(PATH), { '@odata.count': 3 });
  t.equal(clock.sleptMs.length, 4);
  for (const [index, ms] of clock.sleptMs.entries()) {
    const full = 500 * 2 ** index;
    t.ok(ms >= full / 2 && ms <= full, `pause ${index}: ${ms} of ${full}`);
  }
});

t.test('throttling is waited out as asked, and the caller is told', async (t) => {
  const { simulator, client, clock } = await simulatorAndClient(t, { content });
  const at = new Date(clock.now() + 30_000).toUTCString();
  simulator.failNext({ kind: 'status', status: 429, retryAfter: '12' });
  simulator.failNext({ kind: 'status', status: 429, retryAfter: at });
  simulator.failNext({ kind: 'status', status: 429 });
  simulator.failNext({ kind: 'status', status: 429, retryAfter: '0' });
  simulator.failNext({ kind: 'status', status: 503, retryAfter: '5' });
  const told: { reasonCode: string; waitMs: number; untilMs: number }[] = [];
  await client.get(PATH, { onWaiting: (waiting) => told.push(waiting) });
  const [first, second, third, fourth, fifth] = clock.sleptMs;
  t.equal(first, 12_000);
  t.equal(second, 18_000, 'what is left until the date');
  t.ok(third !== undefined && third >= 4000 && third <= 8000, 'without a header: its own growing pause');
  t.equal(fourth, 1000, 'a second at least');
  t.ok(fifth !== undefined && fifth >= 5000);
  t.same(
    told.map((waiting) => waiting.reasonCode),
    ['graph_throttled', 'graph_throttled', 'graph_throttled', 'graph_throttled', 'graph_unavailable'],
  );
});

t.test('a wait beyond the budget is an error at once', async (t) => {
  const { simulator, client, clock } = await simulatorAndClient(t, { content });
  simulator.failNext({ kind: 'status', status: 429, retryAfter: '999999999' });
  const waitBudget = createWaitBudget(60_000);
  await failsWith(t, client.get(PATH, { waitBudget }), {
    reasonCode: 'graph_throttled',
    retryAfterMs: 999_999_999_000,
  });
  t.same(clock.sleptMs, []);
  t.equal(waitBudget.remainingMs(), 60_000);
});

t.test('throttled for ever ends with the budget', async (t) => {
  const { simulator, client, clock } = await simulatorAndClient(t, { content });
  simulator.failNext({ kind: 'status', status: 429, retryAfter: '20', count: 1000 });
  await failsWith(t, client.get(PATH, { waitBudget: createWaitBudget(90_000) }), {
    reasonCode: 'graph_throttled',
  });
  t.same(clock.sleptMs, [20_000, 20_000, 20_000, 20_000]);
});

t.test("Intune's documented budget is kept to by waiting", async (t) => {
  const { simulator, client, clock } = await simulatorAndClient(
    t,
    { content },
    { throttle: { ...INTUNE_LIMITS, readsPerWindow: 5 } },
  );
  for (let index = 0; index < 12; index++) await client.get(PATH);
  const refused = simulator.requests().filter((request) => request.status === 429);
  t.ok(refused.length >= 2);
  t.ok(clock.sleptMs.every((ms) => ms >= 1000 && ms <= 20_000));
});

t.test('a refused token is renewed once', async (t) => {
  const asked: boolean[] = [];
  const token = async ({ afterRefusal }: { afterRefusal: boolean }) => {
    asked.push(afterRefusal);
    return 'a-token';
  };
  const { simulator, client } = await simulatorAndClient(t, { content }, { client: { token } });
  simulator.failNext({ kind: 'status', status: 401 });
  await client.get(PATH);
  t.same(asked, [false, true]);
  simulator.failNext({ kind: 'status', status: 401, count: 2 });
  await failsWith(t, client.get(PATH), { reasonCode: 'graph_unauthenticated' });
});

t.test('neither a failing token source nor a bad token shows in the error', async (t) => {
  for (const token of [
    async () => Promise.reject(new Error('client_secret=hunter2')),
    async () => 'hunter2\r\nx: y',
  ]) {
    const { client } = await simulatorAndClient(
      t,
      { content },
      { client: { token, limits: { attemptsMax: 1 } } },
    );
    const error = await client.get(PATH).catch((caught: unknown) => caught);
    t.match(error, { name: 'GraphError' });
    t.notMatch(`${String(error)} ${JSON.stringify(error)}`, /hunter2/);
  }
});

t.test('abort ends a hanging request and a wait', async (t) => {
  const { simulator, client } = await simulatorAndClient(t, { content });
  simulator.failNext({ kind: 'hang' });
  const controller = new AbortController();
  const reason = new Error('claim lost');
  const hanging = client.get(PATH, { signal: controller.signal });
  queueMicrotask(() => controller.abort(reason));
  await t.rejects(hanging, reason);

  const waiting = new AbortController();
  simulator.clearFaults();
  simulator.failNext({ kind: 'status', status: 429, retryAfter: '10', count: 100 });
  const call = { signal: waiting.signal, onWaiting: () => waiting.abort(reason) };
  await t.rejects(client.get(PATH, call), reason);
});

t.test('links lead nowhere else, and not in circles', async (t) => {
  for (const [link, problem] of [
    ['https://evil.example/beta/deviceManagement/configurationPolicies', 'foreign_link'],
    ['http://127.0.0.1:1/beta/x', 'foreign_link'],
    ['/elsewhere', 'foreign_link'],
    ['{self}', 'paging_loop'],
  ] as const) {
    const { simulator, client } = await simulatorAndClient(t, { content });
    simulator.failNext({ kind: 'next_link', link, count: 10 });
    await failsWith(t, collected(client.pages(PATH)), { problem });
  }
  const { simulator, client } = await simulatorAndClient(t, { content });
  for (const path of ['https://evil.example/x', '//evil.example/x', '../../x'])
    await failsWith(t, client.get(path), { problem: 'foreign_link' });
  t.same(simulator.requests(), []);
});

t.test('pages without end are cut', async (t) => {
  const { client } = await simulatorAndClient(t, { content }, { client: { limits: { pagesMax: 2 } } });
  await failsWith(t, collected(client.pages(`${PATH}?$top=1`)), { problem: 'too_many_pages' });
});
