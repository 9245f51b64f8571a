import { sql } from 'kysely';
import { pino } from 'pino';
import t from 'tap';
import { z } from 'zod';
import { createInProcessBus } from '../../src/bus/in-process/in-process-bus.js';
import { systemChance, systemClock } from '../../src/clock.js';
import { createRequestKeys, forgetLostAnswers } from '../../src/db/request-keys.js';
import type { EventLog } from '../../src/ledger/event-log.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { defineExternalOperation } from '../../src/operations/define-external.js';
import { createOperationRegistry } from '../../src/operations/registry.js';
import { productEvents } from '../../src/program/product-events.js';
import type { RequestKeys } from '../../src/starting/request-keys.js';
import { startOnce } from '../../src/starting/start-once.js';
import { testDatabase } from '../support/database.js';
import { endRun } from '../support/end-run.js';
import { createMemoryLog } from '../support/memory-log.js';
import { noArtifacts } from '../support/no-artifacts.js';

/**
 * Goal: a keyed request starts one run, whatever dies between its steps. Method: the process "dies" by an error
 * thrown at each step; then the run ends, other runs follow in the same stream, and the request is sent again.
 */
const TENANT = '11111111-1111-4111-8111-111111111111';
const logger = pino({ level: 'silent' });
const parts = { clock: systemClock, chance: systemChance };
const KEY = { tenantId: TENANT, clientId: 'client', key: 'k-1' };

class Died extends Error {
  override readonly name = 'Died';
}

/** A type whose scope is another one at every start, as one that depends on the newest of something. */
function operationsOf(counter: { value: number }) {
  const base = { label: 'Test', description: 'Test', itemisedBy: 'item', input: z.object({}) };
  const fixed = defineExternalOperation({ ...base, type: 'test.fixed' });
  const moving = defineExternalOperation({ ...base, type: 'test.moving' });
  return createOperationRegistry([
    fixed,
    {
      ...moving,
      async plan() {
        counter.value += 1;
        const scope = { newest: counter.value };
        return { plan: { scope, context: scope, title: 'Moving', total: null, related: [] } };
      },
    },
  ]);
}

async function setUp(t: Parameters<typeof testDatabase>[0]) {
  const { db } = await testDatabase(t);
  const log = createMemoryLog();
  const bus = createInProcessBus({ clock: systemClock, logger });
  t.teardown(() => bus.close());
  const operations = operationsOf({ value: 0 });
  /** A process of its own: it shares nothing but the log and the database. */
  const process = (through: { log?: EventLog; keys?: (keys: RequestKeys) => RequestKeys } = {}) => {
    const ledger = createLedger({
      events: productEvents,
      log: through.log ?? log,
      clock: systemClock,
      chance: systemChance,
    });
    const keys = createRequestKeys(db, parts);
    const requestKeys = through.keys?.(keys) ?? keys;
    const deps = {
      ledger,
      bus,
      operations,
      artifacts: noArtifacts,
      clock: systemClock,
      logger,
      requestKeys,
      publishTimeoutMs: 1000,
    };
    return {
      ledger,
      start: (type = 'test.fixed', input: unknown = {}, key = KEY) =>
        startOnce(deps, key, {
          tenantId: TENANT,
          type,
          input,
          initiator: { kind: 'api', clientId: KEY.clientId },
          connected: false,
          allows: () => true,
        }),
    };
  };
  const runsStarted = () => log.events.filter(({ type }) => type === 'RunQueued').length;
  async function end(runId: string): Promise<void> {
    if (!(await endRun(process().ledger, TENANT, runId))) throw new Error('the run could not be ended');
  }
  return { db, log, process, runsStarted, end };
}

const runIdOf = (
  answer: Awaited<ReturnType<ReturnType<Awaited<ReturnType<typeof setUp>>['process']>['start']>>,
) => {
  if (answer.kind === 'refused') throw new Error(answer.message);
  return answer.runId;
};

/** The part of a request after which its process dies. */
type Step = 'planned' | 'append' | 'answered';

function dyingAfter(step: Step, log: EventLog) {
  const dies = (at: Step) => async () => {
    if (step === at) throw new Died(at);
  };
  return {
    log: {
      ...log,
      async append(...args: Parameters<EventLog['append']>) {
        const appended = await log.append(...args);
        await dies('append')();
        return appended;
      },
    },
    keys: (keys: RequestKeys): RequestKeys => ({
      ...keys,
      holding: (key, bodyHash, work) =>
        keys.holding(key, bodyHash, (request) =>
          work({
            ...request,
            planned: (operationKey) => request.planned(operationKey).then(dies('planned')),
            answered: (runId) => request.answered(runId).then(dies('answered')),
          }),
        ),
    }),
  };
}

for (const type of ['test.fixed', 'test.moving'])
  for (const step of ['planned', 'append', 'answered'] as const)
    t.test(`${type}: the process dies after the step “${step}”`, async (t) => {
      const { log, process, runsStarted, end } = await setUp(t);
      const dying = process(dyingAfter(step, log));
      await t.rejects(dying.start(type), Died);
      t.equal(runsStarted(), step === 'planned' ? 0 : 1);
      if (step === 'planned') {
        t.match(await process().start(type), { kind: 'started' });
        t.equal(runsStarted(), 1);
        return;
      }
      const opening = log.events.find((event) => event.type === 'RunQueued');
      const { runId } = (opening?.metadata ?? {}) as { runId: string };
      await end(runId);
      // Two more runs under the same key of the operation, by other requests.
      for (const key of ['k-2', 'k-3'])
        await end(runIdOf(await process().start('test.fixed', {}, { ...KEY, key })));
      const before = runsStarted();
      const again = await process().start(type);
      t.match(again, { kind: 'repeated', runId, position: opening?.position });
      t.match(await process().start(type), { kind: 'repeated', runId });
      t.equal(runsStarted(), before, 'nothing was started anew');
    });

t.test('the same request in several processes at once starts one run', async (t) => {
  const { process, runsStarted } = await setUp(t);
  const processes = [process(), process(), process()];
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) => (processes[n % 3] ?? process()).start('test.moving')),
  );
  t.equal(new Set(answers.map(runIdOf)).size, 1);
  t.equal(runsStarted(), 1);
});

t.test('each tenant and client has its own keys, and a key is free again after a day', async (t) => {
  const { db, process, runsStarted, end } = await setUp(t);
  const { start } = process();
  const first = runIdOf(await start());
  await end(first);
  const another = runIdOf(await start('test.fixed', {}, { ...KEY, clientId: 'another' }));
  t.not(another, first);
  await end(another);
  t.match(await start('test.fixed', { other: true }), { kind: 'refused', code: 'request_key_reused' });
  await sql`update opsledger.request_keys set created_at = created_at - interval '23 hours 59 minutes'`.execute(
    db,
  );
  t.match(await start(), { kind: 'repeated', runId: first });
  await sql`update opsledger.request_keys set created_at = created_at - interval '2 minutes'`.execute(db);
  const fresh = await start();
  t.match(fresh, { kind: 'started' });
  t.equal(runsStarted(), 3);
  await createRequestKeys(db, parts).removeExpired();
  const left = await db.selectFrom('opsledger.request_keys').select('client_id').execute();
  t.same(left, [{ client_id: KEY.clientId }], 'expired keys are removed, keys that were used again are kept');
});

t.test(
  'an answer whose run isn’t in the log any more is forgotten, and the request starts anew',
  async (t) => {
    const { db, process, runsStarted } = await setUp(t);
    const { start } = process();
    const first = runIdOf(await start());
    const asked: unknown[] = [];
    const lookUp = (isRecorded: boolean) =>
      forgetLostAnswers(db, async (...run) => {
        asked.push(run);
        return isRecorded;
      });
    t.equal(await lookUp(true), 0);
    t.match(await start(), { kind: 'repeated', runId: first });
    t.equal(await lookUp(false), 1);
    t.same(asked, [
      [TENANT, first],
      [TENANT, first],
    ]);
    t.notMatch(await start(), { kind: 'repeated' });
    t.equal(runsStarted(), 1, 'and joins the active run, as every request does');
  },
);

t.test('a request whose key another process holds for long is refused', async (t) => {
  const { db } = await setUp(t);
  const mine = createRequestKeys(db, parts);
  const theirs = createRequestKeys(db, parts, { waitForHolderMs: 100 });
  let letGo = () => {};
  let holding: Promise<string> | undefined;
  // The key is held from the moment that the work begins.
  await new Promise<void>((begun) => {
    holding = mine.holding(
      KEY,
      'hash',
      () =>
        new Promise<string>((resolve) => {
          letGo = () => resolve('done');
          begun();
        }),
    );
  });
  t.equal(await theirs.holding(KEY, 'hash', async () => 'never'), 'busy');
  letGo();
  t.equal(await holding, 'done');
  t.equal(await theirs.holding(KEY, 'hash', async () => 'now'), 'now');
});

t.test('requests that wait for the log keep no connection to the database', async (t) => {
  const { db } = await setUp(t);
  const keys = createRequestKeys(db, parts);
  let letGo = () => {};
  const logIsBack = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const many = 20;
  let begun = 0;
  let done: Promise<unknown> = Promise.resolve();
  // The pool has four connections.
  await new Promise<void>((allBegun) => {
    done = Promise.all(
      Array.from({ length: many }, (_, n) =>
        keys.holding({ ...KEY, key: `k-${n}` }, 'hash', async () => {
          begun += 1;
          if (begun === many) allBegun();
          await logIsBack;
        }),
      ),
    );
  });
  const held = await db
    .selectFrom('opsledger.request_keys')
    .select('key')
    .where('holder', 'is not', null)
    .execute();
  t.equal(held.length, many);
  letGo();
  await done;
  const free = await db
    .selectFrom('opsledger.request_keys')
    .select('key')
    .where('holder', 'is', null)
    .execute();
  t.equal(free.length, many);
});

t.test(
  'a key whose holder is silent for too long may be taken over, and the first holder starts nothing any more',
  async (t) => {
    const { db, process, runsStarted } = await setUp(t);
    let wake = () => {};
    let frozen: Promise<unknown> = Promise.resolve();
    const awake = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await new Promise<void>((isFrozen) => {
      frozen = process({
        keys: (keys) => ({
          ...keys,
          holding: (key, bodyHash, work) =>
            keys.holding(key, bodyHash, (request) =>
              work({
                ...request,
                planned: async (operationKey) => {
                  isFrozen();
                  await awake;
                  return request.planned(operationKey);
                },
              }),
            ),
        }),
      }).start('test.moving');
    });
    await sql`update opsledger.request_keys set held_until = now() - interval '1 second'`.execute(db);
    const taken = await process().start('test.moving');
    t.match(taken, { kind: 'started' });
    wake();
    t.match(await frozen, { kind: 'refused', code: 'request_under_way' });
    t.match(await process().start('test.moving'), { kind: 'repeated', runId: runIdOf(taken) });
    t.equal(runsStarted(), 1);
  },
);

t.test('the key of a holder that died is free after a while', async (t) => {
  const { db } = await setUp(t);
  const dead = createRequestKeys(db, parts, { heldMs: 300 });
  await new Promise<void>((begun) => {
    void dead.holding(KEY, 'hash', () => {
      begun();
      return new Promise(() => undefined);
    });
  });
  const next = createRequestKeys(db, parts);
  t.equal(await next.holding(KEY, 'hash', async () => 'mine'), 'mine');
});
