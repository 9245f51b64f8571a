import t from 'tap';
import type { GraphWaiting } from '../../../src/graph/client/graph-call.js';
import { GraphError } from '../../../src/graph/client/graph-error.js';
import { CredentialStoreAway, type TokenRequest } from '../../../src/graph/client/token-source.js';
import { createWaitBudget } from '../../../src/graph/client/wait-budget.js';
import type { FaultOptions } from '../../../src/graph/simulator/faults.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import {
  catalogContent,
  catalogPolicy,
  collected,
  failsWith,
  HANGING_TIMEOUT_MS,
  limitedTo,
  simulatorAndClient,
} from '../simulator-and-client.js';

const PATH = 'deviceManagement/configurationPolicies';
const content = catalogContent(3);

/** Whether a wait is as long as requested, plus the random part at most. */
const isWaitOf = (askedMs: number, ms: number | undefined) =>
  ms !== undefined && ms >= askedMs && ms <= askedMs + 1001;

t.test('broken answers become errors of Graph with a reason code', async (t) => {
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
      { kind: 'invalid_utf8', count: 9 },
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

t.test('a temporary failure is tried again after growing pauses with jitter', async (t) => {
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

t.test('a throttled request waits as long as Graph asks, and its caller is informed', async (t) => {
  const { simulator, client, clock } = await simulatorAndClient(t, { content });
  const at = new Date(clock.now() + 30_000).toUTCString();
  simulator.failNext({ kind: 'status', status: 429, retryAfter: '12' });
  simulator.failNext({ kind: 'status', status: 429, retryAfter: at });
  simulator.failNext({ kind: 'status', status: 429 });
  simulator.failNext({ kind: 'status', status: 429, retryAfter: '0' });
  simulator.failNext({ kind: 'status', status: 503, retryAfter: '5' });
  const waits: { reasonCode: string; waitMs: number; untilMs: number }[] = [];
  await client.get(PATH, { onWaiting: (waiting) => waits.push(waiting) });
  const [first, second, third, fourth, fifth] = clock.sleptMs;
  t.ok(isWaitOf(12_000, first));
  t.ok(second && second >= 16_000 && second <= 20_000, 'it waits until the date in the header');
  t.ok(third && third >= 4000 && third <= 9000, 'without a header: its own growing pause');
  t.ok(isWaitOf(1000, fourth), 'a second at least');
  t.ok(fifth !== undefined && fifth >= 5000);
  t.same(
    waits.map((waiting) => waiting.reasonCode),
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

t.test('endless throttling ends with the wait budget', async (t) => {
  const { simulator, client, clock } = await simulatorAndClient(t, { content });
  simulator.failNext({ kind: 'status', status: 429, retryAfter: '20', count: 1000 });
  await failsWith(t, client.get(PATH, { waitBudget: createWaitBudget(90_000) }), {
    reasonCode: 'graph_throttled',
  });
  t.equal(clock.sleptMs.length, 4);
  t.ok(clock.sleptMs.every((ms) => isWaitOf(20_000, ms)));
});

t.test('a budget that other apps have spent is waited for', async (t) => {
  const { simulator, client, clock } = await simulatorAndClient(
    t,
    { content },
    { throttle: limitedTo({ intune_reads: 5 }) },
  );
  for (let index = 0; index < 12; index++) await client.get(PATH);
  const refused = simulator.requests().filter((request) => request.status === 429);
  t.ok(refused.length >= 2);
  t.ok(clock.sleptMs.every((ms) => ms >= 1000 && ms <= 21_001));
});

t.test('waits don’t count as failed attempts', async (t) => {
  const { simulator, client } = await simulatorAndClient(t, { content });
  simulator.failNext({ kind: 'status', status: 429, retryAfter: '1', count: 10 });
  simulator.failNext({ kind: 'status', status: 503, count: 10 });
  simulator.failNext({ kind: 'status', status: 500, count: 5 });
  t.match(await client.get(PATH), { '@odata.count': 3 });
  simulator.failNext({ kind: 'status', status: 429, retryAfter: '1', count: 10 });
  simulator.failNext({ kind: 'status', status: 500, count: 6 });
  await failsWith(t, client.get(PATH), { reasonCode: 'graph_unavailable', status: 500 });
});

t.test('a service that is away is waited for within the budget, and no longer', async (t) => {
  const { simulator, client, clock } = await simulatorAndClient(t, { content });
  simulator.failNext({ kind: 'status', status: 503, count: 1000 });
  await failsWith(t, client.get(PATH), { reasonCode: 'graph_unavailable', status: 503 });
  t.ok(clock.monotonicMs() > 10 * 60_000 && clock.monotonicMs() <= 15 * 60_000);
});

t.test('a refused token is renewed once', async (t) => {
  const asked: unknown[] = [];
  const token = async ({ refused, claims }: TokenRequest) => {
    asked.push({ refused, claims });
    return `token-${asked.length}`;
  };
  const { simulator, client } = await simulatorAndClient(t, { content }, { client: { token } });
  const challenge = 'Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="';
  simulator.failNext({ kind: 'status', status: 401, headers: { 'WWW-Authenticate': challenge } });
  await client.get(PATH);
  t.same(asked, [
    { refused: null, claims: null },
    { refused: 'token-1', claims: 'eyJhY2Nlc3NfdG9rZW4iOnt9fQ==' },
  ]);
  simulator.failNext({ kind: 'status', status: 401, count: 2 });
  await failsWith(t, client.get(PATH), { reasonCode: 'graph_unauthenticated' });
  t.equal(asked.length, 4);
});

t.test('a database that is away while the token is fetched is waited for', async (t) => {
  let away = 4;
  const token = async () => {
    if (away-- > 0) throw new CredentialStoreAway();
    return 'a-token';
  };
  const { client, clock } = await simulatorAndClient(t, { content }, { client: { token } });
  const waits: GraphWaiting[] = [];
  t.match(await client.get(PATH, { onWaiting: (waiting) => waits.push(waiting) }), { '@odata.count': 3 });
  t.equal(clock.sleptMs.length, 4);
  t.ok(waits.every(({ reasonCode }) => reasonCode === 'storage_unavailable'));

  away = Number.POSITIVE_INFINITY;
  await failsWith(t, client.get(PATH), { reasonCode: 'storage_unavailable', message: /database/ });
});

t.test('members of enumerations that are newer than the client are returned by name', async (t) => {
  const policy: GraphObject = {
    ...catalogPolicy(1),
    platforms: 'visionOS',
    technologies: 'mdm,windowsOsRecovery',
  };
  const { simulator, client } = await simulatorAndClient(t, { content: new Map([[PATH, [policy]]]) });
  const named = { platforms: 'visionOS', technologies: 'mdm,windowsOsRecovery' };
  t.match(await client.get(`${PATH}/${policy.id}`), named);
  t.match(await client.batch([PATH, `${PATH}/${policy.id}`]), [
    { body: { value: [named] } },
    { body: named },
  ]);
  const unasked = await fetch(`${simulator.url}/beta/${PATH}/${policy.id}`, {
    headers: { authorization: 'Bearer x' },
  });
  t.match(await unasked.json(), { platforms: 'unknownFutureValue', technologies: 'mdm,unknownFutureValue' });
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
    t.not(error instanceof GraphError && error.reasonCode, 'graph_unauthenticated', 'Graph was never asked');
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

t.test('links to other servers and links in a circle are refused', async (t) => {
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

t.test('an endless list of pages is stopped', async (t) => {
  const { client } = await simulatorAndClient(t, { content }, { client: { limits: { pagesMax: 2 } } });
  await failsWith(t, collected(client.pages(`${PATH}?$top=1`)), { problem: 'too_many_pages' });
});
