import t from 'tap';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { systemClock } from '../../src/clock.js';
import { readRun } from '../../src/runs/read-operation.js';
import { claimedAnswer, errorAnswer, notedAnswer, startedAnswer } from '../../src/web/api/schemas.js';
import { operationsWithProducer } from '../support/external-operation.js';
import { type HubSite, hubSite } from '../support/hub-site.js';
import { pageVisitor } from './page-visitor.js';

/** Goal: an outside program carries out runs from start to end over HTTP, and can't change runs of others. */

const CAPABILITIES = ['runs.start', 'runs.report', 'hub.read', 'run.read', 'history.read'] as const;
// Joined from parts, so that secret scanners don't report this file.
const SECRET = ['eyJhbGciOiJub25lIn0', 'eyJzdWIiOiIxIn0', 'c2lnbmF0dXJl'].join('.');

/** A client of the API in a tenant. */
async function clientOf(site: HubSite, tenantId: string, name: string, capabilities = CAPABILITIES) {
  const headers = { authorization: `Bearer ${await site.issueToken(tenantId, name, capabilities)}` };
  const post = async (path: string, payload: object, more: Record<string, string> = {}) => {
    const response = await site.app.inject({
      method: 'POST',
      url: `/api/v1/tenants/${tenantId}/runs${path}`,
      headers: { ...headers, ...more },
      payload,
    });
    return { status: response.statusCode, headers: response.headers, body: response.json() };
  };
  const get = async (path: string) => (await site.app.inject({ url: `/api/v1${path}`, headers })).json();
  const start = async (input: object = { vault: 'prod' }) => {
    const { status, body } = await post('', { type: 'certificates.renew', input });
    t.equal(status, 202);
    return startedAnswer.parse(body).runId;
  };
  const claim = async (runId: string, producer = 'renewer-1') => {
    const { status, body } = await post(`/${runId}/claim`, { producer });
    t.equal(status, 200);
    return claimedAnswer.parse(body);
  };
  return { post, get, start, claim };
}

async function setUp(site: HubSite, slug = 'contoso') {
  const tenant = await site.tenant(slug);
  return { tenant, client: await clientOf(site, tenant.tenantId, 'renewer') };
}

const eventsOf = async (site: HubSite, tenantId: string, runId: string) => {
  const events = [];
  for await (const event of readRun(site.builder.ledger, tenantId, runId)) events.push(event);
  return events;
};

const site = await hubSite(t, { operations: operationsWithProducer });

t.test('a run from its start to its end', async (t) => {
  const { tenant, client } = await setUp(site, 'life');
  const runId = await client.start({ vault: 'prod' });
  const claimed = await client.claim(runId);
  t.match(claimed, {
    attempt: 1,
    scope: { vault: 'prod' },
    input: { vault: 'prod', force: false },
    repeated: false,
  });
  const report = async (name: string, payload: object) => {
    const { status, body } = await client.post(`/${runId}/${name}`, { attempt: 1, ...payload });
    t.equal(status, 200, name);
    return notedAnswer.parse(body);
  };
  await report('total', { total: 3 });
  await report('heartbeat', {});
  await report('notes', { note: `Asked the issuer with Bearer ${SECRET}` });
  await report('waits', {
    reasonCode: 'graph_throttled',
    until: new Date(systemClock.now() + 60_000).toISOString(),
  });
  const items = [
    { itemId: 'web-1', outcome: 'succeeded' },
    { itemId: 'web-2', outcome: 'failed', reasonCode: 'certificate_revoked', reason: `token ${SECRET}` },
  ];
  t.match(await report('items', { items }), { counts: { total: 3, processed: 2, succeeded: 1, failed: 1 } });
  const again = await report('items', { items: [{ itemId: 'web-2', outcome: 'succeeded' }] });
  t.match(again, { counts: { succeeded: 1, failed: 1 }, position: null }, 'an item has one outcome');
  await report('items', { items: [{ itemId: 'web-3', outcome: 'skipped', reasonCode: 'still_valid' }] });
  const done = { summary: '1 certificate renewed', related: [] };
  t.match(await report('complete', done), { counts: { processed: 3, skipped: 1 }, position: Number });
  t.match(await report('complete', done), { position: null }, 'an end may be reported again');

  const events = await eventsOf(site, tenant.tenantId, runId);
  t.same(
    events.map(({ type }) => type),
    [
      'RunQueued',
      'RunStarted',
      'RunTotalSet',
      'RunProgressNoted',
      'RunWaiting',
      'RunItemsRecorded',
      'RunItemsRecorded',
      'RunCompleted',
    ],
  );
  t.notMatch(JSON.stringify(events), SECRET);
  t.ok(events.slice(1).every(({ envelope }) => envelope.actorKind === 'api' && envelope.attempt === 1));
  await site.settle();
  t.match(await client.get(`/runs/${runId}`), {
    status: 'completed_with_errors',
    bucket: 'partially_succeeded',
    initiator: { kind: 'api', name: 'renewer' },
  });
  const reader = await pageVisitor(site, tenant.persons.readonly);
  for (const path of ['operations', `runs/${runId}`])
    t.match((await reader.get(`/t/life/${path}`)).body, 'renewer', 'pages call a client by its token’s name');
  for (const path of ['history', `history/${events.at(-1)?.revision}`]) {
    const { body } = await reader.get(`/t/life/runs/${runId}/${path}`);
    t.match(body, /col-who[^>]*>renewer<|by renewer</, 'events name the client, too');
    t.notMatch(body, 'API client');
  }
  t.match((await client.get(`/runs/${runId}/items?outcome=failed`)).items, [
    { itemId: 'web-2', reasonCode: 'certificate_revoked', reason: /\[redacted:/ },
  ]);
  const beats = await site.database.db.selectFrom('liveness.beats').selectAll().execute();
  t.same(
    beats.filter(({ run_id }) => run_id === runId),
    [],
    'its signs of life are gone with it',
  );
  const notifications = await site.database.db
    .selectFrom(`${hubProjection.schema}.notifications` as never)
    .selectAll()
    .execute();
  t.same(notifications, [], 'runs of an API client make no notifications');
  const next = await client.start({ vault: 'prod' });
  t.not(next, runId, 'after the end the next start makes a new run');
});

t.test('a run that its producer fails', async (t) => {
  const { tenant, client } = await setUp(site, 'failing');
  const runId = await client.start();
  await client.claim(runId);
  const fail = { attempt: 1, reasonCode: 'unexpected', reason: `refused: password=${SECRET}` };
  t.equal((await client.post(`/${runId}/fail`, fail)).status, 200);
  t.equal((await client.post(`/${runId}/fail`, fail)).status, 200, 'sent again');
  const other = await client.post(`/${runId}/complete`, { attempt: 1, summary: 'Done' });
  t.match([other.status, other.body.error.code], [409, 'run_ended']);
  t.equal((await client.post(`/${runId}/heartbeat`, { attempt: 1 })).body.error.code, 'run_ended');
  const events = await eventsOf(site, tenant.tenantId, runId);
  t.match(events.at(-1), { type: 'RunFailed', data: { reasonCode: 'unexpected' } });
  t.notMatch(JSON.stringify(events), SECRET);
});

t.test('values that the log can’t store are refused with a sentence, and nothing is recorded', async (t) => {
  const { tenant, client } = await setUp(site, 'unstorable');
  const runId = await client.start();
  await client.claim(runId);
  const tooLarge = { attempt: 1, total: 2 ** 53 + 2 };
  const refused = await client.post(`/${runId}/total`, tooLarge);
  t.match(
    [refused.status, refused.body.error],
    [400, { code: 'bad_request', message: /^Body\.total .*2\^53/ }],
  );
  const started = await client.post('', {
    type: 'certificates.renew',
    input: { vault: 'other', serials: [{ number: 2 ** 53 + 2 }] },
  });
  t.match([started.status, started.body.error.message], [400, /^Body\.input\.serials\[0\]\.number /]);
  const odd = await client.post(`/${runId}/notes`, { attempt: 1, note: 'a\u0000b' });
  t.match([odd.status, odd.body.error.message], [400, /U\+0000/]);
  t.equal((await eventsOf(site, tenant.tenantId, runId)).length, 2);
});

t.test('a thousand items at once, then the same again in another order', async (t) => {
  const { client } = await setUp(site, 'many');
  const runId = await client.start();
  await client.claim(runId);
  const items = Array.from({ length: 1000 }, (_, n) => ({ itemId: `web-${n}`, outcome: 'succeeded' }));
  const first = await client.post(`/${runId}/items`, { attempt: 1, items });
  t.match(first.body, { counts: { processed: 1000 } });
  const second = await client.post(`/${runId}/items`, { attempt: 1, items: items.toReversed() });
  t.match(second.body, { counts: { processed: 1000 }, position: null });
  const digest = 'a1'.repeat(32);
  await client.post(`/${runId}/items`, { attempt: 1, items: [{ itemId: digest, outcome: 'succeeded' }] });
  await site.settle();
  const { items: recorded } = await client.get(`/runs/${runId}/items?after=1000`);
  t.match(recorded, [{ itemId: digest, label: digest }], 'an id without a label is shown as it is');
  const tooMany = await client.post(`/${runId}/items`, {
    attempt: 1,
    items: [...items, { itemId: 'one-more', outcome: 'succeeded' }],
  });
  t.equal(tooMany.status, 422);
  const tooLarge = await client.post(`/${runId}/items`, {
    attempt: 1,
    items: items.map((item) => ({ ...item, label: 'x'.repeat(600) })),
  });
  t.match([tooLarge.status, tooLarge.body], [413, { error: { code: 'too_large' } }]);
});

t.test('reports at once from several requests are all recorded, each once', async (t) => {
  const { client } = await setUp(site, 'at-once');
  const runId = await client.start();
  await client.claim(runId);
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      client.post(`/${runId}/items`, {
        attempt: 1,
        items: [
          { itemId: `own-${n}`, outcome: 'succeeded' },
          { itemId: `shared-${n % 5}`, outcome: 'succeeded' },
        ],
      }),
    ),
  );
  t.ok(answers.every(({ status }) => status === 200));
  const { body } = await client.post(`/${runId}/complete`, { attempt: 1, summary: 'Done' });
  t.equal(body.counts.processed, 45);
});

t.test('one producer gets a run; it gets the same claim again, and others are refused', async (t) => {
  const { tenant, client } = await setUp(site, 'claims');
  const other = await clientOf(site, tenant.tenantId, 'another client');
  const runId = await client.start();
  const early = await client.post(`/${runId}/items`, {
    attempt: 1,
    items: [{ itemId: 'a', outcome: 'succeeded' }],
  });
  t.match([early.status, early.body.error.code], [409, 'not_claimed']);
  const claims = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      (n % 2 ? client : other).post(`/${runId}/claim`, { producer: `renewer-${n}` }),
    ),
  );
  const winners = claims.flatMap(({ status }, n) => (status === 200 ? [n] : []));
  t.equal(winners.length, 1);
  t.ok(claims.every(({ status }) => status === 200 || status === 409));
  const winner = winners[0] ?? 0;
  const [holder, stranger] = winner % 2 ? [client, other] : [other, client];
  t.match(await holder.claim(runId, `renewer-${winner}`), { attempt: 1, repeated: true });
  for (const [speaker, attempt] of [
    [stranger, 1],
    [holder, 2],
  ] as const) {
    const answer = await speaker.post(`/${runId}/heartbeat`, { attempt });
    t.match([answer.status, answer.body.error.code], [409, 'claim_lost']);
  }
  t.equal((await holder.post(`/${runId}/heartbeat`, { attempt: 1 })).status, 200);
  await site.settle();
  const reader = await pageVisitor(site, tenant.persons.readonly);
  const { body: history } = await reader.get(`/t/claims/runs/${runId}/history`);
  const actors = [...history.matchAll(/col-who[^>]*>([^<]+)</g)].map(([, name]) => name);
  t.same(
    actors,
    ['renewer', winner % 2 ? 'renewer' : 'another client'],
    'who started it, and who claimed it',
  );
});

t.test('invalid reports are refused with a sentence, and nothing of them is recorded', async (t) => {
  const { tenant, client } = await setUp(site, 'refusing');
  const runId = await client.start();
  await client.claim(runId);
  const tries: readonly (readonly [string, object, number, string])[] = [
    ['items', { items: [{ itemId: 'a', outcome: 'failed' }] }, 422, 'unknown_reason_code'],
    [
      'items',
      { items: [{ itemId: 'a', outcome: 'failed', reasonCode: 'my_own' }] },
      422,
      'unknown_reason_code',
    ],
    [
      'items',
      { items: [{ itemId: 'a', outcome: 'failed', reasonCode: 'still_valid' }] },
      422,
      'unknown_reason_code',
    ],
    [
      'items',
      { items: [{ itemId: 'a', outcome: 'succeeded', reasonCode: 'unexpected' }] },
      422,
      'unknown_reason_code',
    ],
    ['items', { items: [{ itemId: `x-${SECRET}`, outcome: 'succeeded' }] }, 422, 'not_storable'],
    ['items', { items: [{ itemId: 'ann@example.com', outcome: 'succeeded' }] }, 422, 'not_storable'],
    ['items', { items: [{ itemId: 'a\u0000b', outcome: 'succeeded' }] }, 400, 'bad_request'],
    ['items', { items: [] }, 422, 'unprocessable'],
    ['items', { items: [{ itemId: 'a', outcome: 'done' }] }, 422, 'unprocessable'],
    ['items', { items: [{ itemId: 'a', outcome: 'succeeded', more: 1 }] }, 422, 'unprocessable'],
    ['total', { total: -1 }, 422, 'unprocessable'],
    ['notes', { note: 'n'.repeat(5000) }, 422, 'unprocessable'],
    ['waits', { reasonCode: 'unexpected', until: 'tomorrow' }, 422, 'unprocessable'],
    ['waits', { reasonCode: 'unexpected', until: '2999-01-01T00:00:00Z' }, 422, 'invalid_wait'],
    ['fail', { reasonCode: 'needs_two_inventories' }, 422, 'unknown_reason_code'],
    ['complete', {}, 422, 'unprocessable'],
  ];
  for (const [name, payload, status, code] of tries) {
    const answer = await client.post(`/${runId}/${name}`, { attempt: 1, ...payload });
    const { error } = errorAnswer.parse(answer.body);
    t.match([answer.status, error.code], [status, code], `${name} ${JSON.stringify(payload).slice(0, 70)}`);
    t.notMatch(error.message, SECRET);
  }
  const withoutClaim = await client.post(`/${runId}/heartbeat`, {});
  t.equal(withoutClaim.status, 422);
  t.equal((await eventsOf(site, tenant.tenantId, runId)).length, 2, 'queued and claimed, nothing else');

  const starts: readonly (readonly [object, number, string])[] = [
    [{ type: 'certificates.renew', input: { vault: `v-${SECRET}` } }, 422, 'invalid_input'],
    [{ type: 'certificates.renew', input: { vault: 'ann@example.com' } }, 422, 'invalid_input'],
    [{ type: 'certificates.renew', input: {} }, 422, 'invalid_input'],
    [{ type: 'certificates.renew', input: 'prod' }, 422, 'invalid_input'],
    [{ type: 'certificates.renew', input: { vault: 'prod', force: true } }, 409, 'another_run_active'],
  ];
  for (const [payload, status, code] of starts) {
    const answer = await client.post('', payload);
    t.match([answer.status, answer.body.error.code], [status, code], JSON.stringify(payload).slice(0, 70));
  }
});

t.test('runs of built-in types, of other tenants, and unknown runs', async (t) => {
  const { tenant, client } = await setUp(site, 'own');
  const foreign = await setUp(site, 'foreign');
  const foreignRun = await foreign.client.start();
  const { body } = await client.post('', { type: 'inventory.sync' });
  const own = await client.post(`/${body.runId}/claim`, { producer: 'p' });
  t.match([own.status, own.body.error.code], [409, 'not_external']);
  const theirs = await client.post(`/${foreignRun}/claim`, { producer: 'p' });
  t.match([theirs.status, theirs.body.error.code], [403, 'forbidden'], 'also before it is projected');
  const nobodys = await client.post(`/${'0'.repeat(32)}-0/claim`, { producer: 'p' });
  t.match([nobodys.status, nobodys.body.error.code], [404, 'no_such_run']);
  const nonsense = await client.post('/nonsense/claim', { producer: 'p' });
  t.match([nonsense.status, nonsense.body.error.code], [404, 'no_such_run']);
  const reader = await clientOf(site, tenant.tenantId, 'reader', ['run.read', 'runs.start'] as never);
  const runId = await reader.start();
  t.equal((await reader.post(`/${runId}/claim`, { producer: 'p' })).status, 403, 'without the capability');
});

t.test('an idempotency key names one request', async (t) => {
  const { client } = await setUp(site, 'keys');
  const payload = { type: 'certificates.renew', input: { vault: 'prod' } };
  const keyed = (key: string, body: object = payload) => client.post('', body, { 'idempotency-key': key });
  const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => keyed('k-1')));
  const { runId } = first?.body ?? {};
  t.ok(others.every(({ status, body }) => status < 300 && body.runId === runId));
  t.equal([first, ...others].filter((answer) => answer?.status === 202).length, 1, 'started once');
  await client.claim(runId);
  await client.post(`/${runId}/complete`, { attempt: 1, summary: 'Done' });
  const ended = await keyed('k-1');
  t.match([ended.status, ended.body], [200, { runId, repeated: true, position: first?.body.position }]);
  t.equal(ended.headers.location, `/api/v1/runs/${runId}`);
  const otherBody = await keyed('k-1', { ...payload, input: { vault: 'test' } });
  t.match([otherBody.status, otherBody.body.error.code], [409, 'request_key_reused']);
  const fresh = await keyed('k-2');
  t.equal(fresh.status, 202);
  t.not(fresh.body.runId, runId);
  t.equal((await keyed('not ok')).status, 400);
  t.equal((await keyed('k-3', { type: 'no.such' })).status, 422);
  const corrected = await keyed('k-3', { ...payload, input: { vault: 'corrected' } });
  t.equal(corrected.status, 202, 'a refused request leaves its key free');
});
