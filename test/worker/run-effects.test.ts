import t from 'tap';
import { GraphError } from '../../src/graph/client/graph-error.js';
import type { Effect, EffectFinding } from '../../src/operations/effect.js';
import { EffectRefused } from '../../src/operations/effect.js';
import { claimRunOf, LOST_AFTER_MS } from '../support/claimed-run-bed.js';
import { testWork } from '../support/test-work.js';
import { until } from '../support/until.js';

/**
 * Goal: a change outside is carried out at most once, and its outcome is recorded before anything else. Method: a
 * claimed run on a log in memory, with a clock and a target that the test controls.
 */
const TIMEOUT_MS = 400;
const definition = testWork({ effectTimeoutMs: TIMEOUT_MS });

type Answer = { readonly id: string };

/** An effect whose target gives the test’s answers, and the requests that it got. */
function change(
  over: Partial<Effect<Answer>> & { readonly finding?: EffectFinding<Answer>; readonly action?: string } = {},
) {
  const asked: string[] = [];
  const effect: Effect<Answer> = {
    itemId: 'item',
    intent: { action: over.action ?? 'create', details: { name: 'Baseline' } },
    timeoutMs: TIMEOUT_MS,
    async send({ clientRequestId }) {
      asked.push(`send ${clientRequestId}`);
      return { id: 'made' };
    },
    async lookUp({ clientRequestId }) {
      asked.push(`look up ${clientRequestId}`);
      return over.finding ?? { found: 'not_applied' };
    },
    ...over,
  };
  return { effect, asked };
}

/** A target that never answers: it gives up with the signal. */
const unanswered: Effect<Answer>['send'] = ({ signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

const macrotask = () => new Promise((resolve) => setImmediate(resolve));

const outcomes = (events: readonly { readonly type: string; readonly data: unknown }[]) =>
  events
    .filter(({ type }) => type === 'EffectSettled')
    .map(({ data }) => data as { outcome: string; lookedUp: boolean; reasonCode: string | null });

const requestIdOf = (events: readonly { readonly data: unknown }[]) =>
  (events.at(-1)?.data as { readonly clientRequestId: string } | undefined)?.clientRequestId;

t.test('intent and outcome are appended separately, and a repetition sends nothing', async (t) => {
  const { run, types, log } = await claimRunOf(definition);
  const { effect, asked } = change();
  t.same(await run.effect(effect), { id: 'made' });
  t.same(await run.effect(effect), { id: 'made' });
  t.equal(asked.length, 1);
  t.same(types().slice(2), ['EffectIntended', 'EffectSettled']);
  t.match(log.events.at(-1)?.data, { outcome: 'applied', result: { id: 'made' }, lookedUp: false });
  t.same(asked, [`send ${requestIdOf(log.events)}`]);
});

t.test('effects are done one after another, also those that aren’t awaited', async (t) => {
  const { run, types } = await claimRunOf(definition);
  void run.effect(change({ action: 'create' }).effect);
  await run.effect(change({ action: 'assign' }).effect);
  t.same(types().slice(2), ['EffectIntended', 'EffectSettled', 'EffectIntended', 'EffectSettled']);
});

t.test('the next attempt asks the target about an intent without an outcome', async (t) => {
  const findings: readonly (readonly [EffectFinding<Answer>, string, number])[] = [
    [{ found: 'applied', result: { id: 'made' } }, 'applied', 0],
    [{ found: 'not_applied' }, 'not_applied', 1],
  ];
  for (const [finding, outcome, sends] of findings) {
    const first = await claimRunOf(definition);
    void first.run.effect(change({ send: () => new Promise(() => undefined) }).effect);
    await until(() => first.types().includes('EffectIntended'), 0);
    const { run } = await first.nextAttempt();
    const { effect, asked } = change({ finding });
    t.same(await run.effect(effect), { id: 'made' });
    t.ok(asked[0]?.startsWith('look up'));
    t.equal(asked.filter((what) => what.startsWith('send')).length, sends);
    t.match(outcomes(first.log.events)[0], { outcome, lookedUp: true });
    t.equal(
      new Set(asked.map((what) => what.split(' ').at(-1))).size,
      1 + sends,
      'a new request has a new id',
    );
  }
});

t.test('an effect whose outcome can’t be determined fails the item and is never repeated', async (t) => {
  const first = await claimRunOf(definition);
  void first.run.effect(change({ send: () => new Promise(() => undefined) }).effect);
  await until(() => first.types().includes('EffectIntended'), 0);
  const { run } = await first.nextAttempt();
  const twins = change({ finding: { found: 'ambiguous', reason: 'Two policies have this name.' } });
  await t.rejects(run.effect(twins.effect), { name: 'RunFailure' });
  const again = change();
  await t.rejects(run.effect(again.effect), { reasonCode: 'outcome_unknown', message: /Two policies/ });
  t.same(again.asked, []);
  await run.complete({ summary: 'done', related: [] });
});

t.test('after a failed look-up the outcome stays unknown', async (t) => {
  const first = await claimRunOf(definition);
  void first.run.effect(change({ send: () => new Promise(() => undefined) }).effect);
  await until(() => first.types().includes('EffectIntended'), 0);
  const { run } = await first.nextAttempt();
  const lookUp = () => Promise.reject(new Error('it does not answer'));
  await t.rejects(run.effect(change({ lookUp }).effect), { name: 'RunFailure' });
  t.match(outcomes(first.log.events), [{ outcome: 'ambiguous', reasonCode: 'outcome_unknown' }]);
});

t.test('a refusal is recorded and thrown to the handler, and the run goes on', async (t) => {
  const refusals = [
    new EffectRefused('validation_failed', 'It is not valid.'),
    new GraphError({ problem: 'status', status: 400, method: 'POST', path: 'x' }),
  ];
  for (const refusal of refusals) {
    const { run, log } = await claimRunOf(definition);
    const refused = change({ send: () => Promise.reject(refusal) });
    await t.rejects(run.effect(refused.effect), refusal);
    t.same(refused.asked, [], 'nothing is looked up');
    t.match(outcomes(log.events), [{ outcome: 'refused', lookedUp: false, reasonCode: 'validation_failed' }]);
    t.same(await run.effect(change().effect), { id: 'made' }, 'it may be tried again');
    await run.complete({ summary: 'done', related: [] });
  }
});

t.test('a run whose last effect was refused ends at once', async (t) => {
  const { run, types } = await claimRunOf(definition);
  const refusal = new GraphError({ problem: 'status', status: 403, method: 'PUT', path: 'x' });
  const { effect } = change({
    async send({ beforeRequest }) {
      await beforeRequest();
      throw refusal;
    },
  });
  await t.rejects(run.effect(effect), refusal);
  // The clock of the run stands still, so a wait for the request's time would never end.
  await run.complete({ summary: 'done', related: [] });
  t.equal(types().at(-1), 'RunCompleted');
});

t.test('a request without an answer is looked up only once it can no longer be carried out', async (t) => {
  const { run, pass, log, types } = await claimRunOf(definition);
  const lost = new GraphError({ problem: 'network', method: 'POST', path: 'x', outcomeUnknown: true });
  const { effect, asked } = change({
    send: () => Promise.reject(lost),
    finding: { found: 'applied', result: { id: 'made' } },
  });
  const done = run.effect(effect);
  await until(() => types().includes('EffectIntended'), 0);
  await macrotask();
  pass(TIMEOUT_MS - 1);
  for (let n = 0; n < 20; n++) await macrotask();
  t.same(asked, []);
  pass(1);
  t.same(await done, { id: 'made' });
  t.match(outcomes(log.events), [{ outcome: 'applied', lookedUp: true }]);
});

t.test('nothing is sent once the claim may have been taken over', async (t) => {
  const { run, pass, takeOver, types } = await claimRunOf(definition);
  pass(LOST_AFTER_MS + TIMEOUT_MS);
  await takeOver();
  const { effect, asked } = change();
  const done = run.effect(effect);
  await t.rejects(done, { name: 'ClaimLostError' });
  t.same(asked, []);
  t.notOk(types().includes('EffectSettled'));
});

t.test('after a silence the claim is confirmed before anything is sent', async (t) => {
  const { run, pass, types } = await claimRunOf(definition);
  const { effect, asked } = change();
  pass(LOST_AFTER_MS + TIMEOUT_MS);
  const done = run.effect(effect);
  for (let n = 0; n < 20; n++) await macrotask();
  t.same(asked, [], 'it waits for a sign of life');
  run.prolong(LOST_AFTER_MS + TIMEOUT_MS);
  await done;
  t.same(types().slice(2), ['EffectIntended', 'RunProgressNoted', 'EffectSettled']);
});

t.test('a sign of life that was noted too late doesn’t confirm the claim', async (t) => {
  const { run, takeOver, pass, types } = await claimRunOf(definition);
  const { effect, asked } = change();
  pass(LOST_AFTER_MS + TIMEOUT_MS + 500);
  const done = run.effect(effect);
  await until(() => types().includes('EffectIntended'), 0);
  await takeOver();
  run.prolong(LOST_AFTER_MS - 1);
  await t.rejects(done, { name: 'ClaimLostError' });
  t.same(asked, []);
});

t.test('the end of a claim ends all waits for a sign of life', async (t) => {
  const { run, pass } = await claimRunOf(definition);
  pass(LOST_AFTER_MS + TIMEOUT_MS);
  const done = run.effect(change().effect);
  run.lose('a later attempt has begun');
  await t.rejects(done, { name: 'ClaimLostError' });
});

for (const [how, end, last] of [
  ['handed back', 'release', 'RunReleased'],
  ['failed', 'fail', 'RunFailed'],
] as const)
  t.test(`a run is ${how} only when its request can no longer be carried out`, async (t) => {
    const { run, controller, pass, types, log } = await claimRunOf(definition);
    const effect = run.effect(change({ send: unanswered, finding: { found: 'not_applied' } }).effect);
    effect.catch(() => undefined);
    await until(() => types().includes('EffectIntended'), 0);
    await macrotask();
    controller.abort(new Error('the process is stopping'));
    const ended = end === 'release' ? run.release('stopping') : run.fail('unexpected', 'it was not well');
    for (let n = 0; n < 20; n++) await macrotask();
    t.notOk(types().includes(last), 'the request is still under way');
    pass(TIMEOUT_MS);
    await ended;
    t.match(outcomes(log.events), [{ outcome: 'not_applied', lookedUp: true }]);
    t.equal(types().at(-1), last);
  });

t.test('at the stop limit a process leaves the run as it is', async (t) => {
  const { run, controller, types } = await claimRunOf(definition);
  run.effect(change({ send: unanswered }).effect).catch(() => undefined);
  await until(() => types().includes('EffectIntended'), 0);
  await macrotask();
  controller.abort(new Error('the process is stopping'));
  const released = run.release('stopping');
  run.abandon();
  await t.rejects(released, { name: 'EffectUnderWay' });
  t.equal(types().at(-1), 'EffectIntended');
});

t.test('no effect is begun once the run has to end', async (t) => {
  const { run, controller, types } = await claimRunOf(definition);
  const why = new Error('the process is stopping');
  controller.abort(why);
  await t.rejects(run.effect(change().effect), why);
  t.equal(types().at(-1), 'RunStarted');
});

t.test('writes to Graph carry the effect’s id, and the claim is checked before each request', async (t) => {
  const heard: string[] = [];
  const opened: unknown[] = [];
  const { run, log } = await claimRunOf(definition, async (options) => {
    opened.push(options);
    return {
      directory: { baseUrl: 'https://graph.microsoft.com/beta', directoryId: null },
      async write(method, path, _body, call) {
        await call?.beforeWrite?.();
        heard.push(`${method} ${path} ${call?.clientRequestId}`);
        return { status: 201, body: { id: 'made' } };
      },
    };
  });
  const { effect } = change({
    async send({ graph }) {
      const { body } = await (await graph()).write('POST', 'policies', {});
      return { id: String(body?.id) };
    },
  });
  t.same(await run.effect(effect), { id: 'made' });
  t.match(opened, [{ requestTimeoutMs: TIMEOUT_MS }]);
  t.same(heard, [`POST policies ${requestIdOf(log.events)}`]);
});

t.test('limits: a longer time in flight than the type’s, and a type without effects', async (t) => {
  const { run } = await claimRunOf(definition);
  await t.rejects(run.effect(change({ timeoutMs: TIMEOUT_MS + 1 }).effect), RangeError);
  const reading = await claimRunOf(testWork());
  await t.rejects(reading.run.effect(change().effect), /may change nothing outside/);
  t.throws(() => testWork({ effectTimeoutMs: 3_600_000 }), RangeError);
});
