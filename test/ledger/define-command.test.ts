import t from 'tap';
import { z } from 'zod';
import { systemClock } from '../../src/clock.js';
import { commandsOf } from '../../src/ledger/define-command.js';
import { defineEntity } from '../../src/ledger/define-entity.js';
import type { ChangeRequest } from '../../src/ledger/entity-command.js';
import { createEventRegistry, defineEvent } from '../../src/ledger/event-registry.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { createMemoryLog } from '../support/memory-log.js';
import { createSeededChance } from '../support/seeded-chance.js';

const TENANT = '1f2d3c4b-0000-4000-8000-000000000001';
const asked: ChangeRequest = {
  tenantId: TENANT,
  actor: { kind: 'member', id: '1f2d3c4b-0000-4000-8000-00000000000a' },
  correlationId: 'c',
  now: 0,
};

const Added = defineEvent({
  type: 'Added',
  category: 'sum',
  meaning: 'Something was added.',
  data: z.strictObject({ amount: z.int() }),
});
const sum = defineEntity({
  category: 'sum',
  streams: '<tenant>.<name>',
  events: [Added],
  initial: 0,
  evolve: (total, { data }) => total + data.amount,
});
const SUM_MAX = 10;
const add = commandsOf(sum)({
  name: 'sum.add',
  summary: 'Add to a sum',
  capability: 'runs.start',
  input: z.strictObject({ name: z.string(), amount: z.coerce.number().int() }),
  idOf: ({ name }) => name,
  decide(total, { amount }) {
    if (total + amount > SUM_MAX) return { refusal: `That would be more than ${SUM_MAX}.` };
    return amount === 0 ? [] : [{ type: 'Added', data: { amount } }];
  },
});

function setUp() {
  const log = createMemoryLog();
  const events = createEventRegistry([Added]);
  const ledger = createLedger({ log, events, clock: systemClock, chance: createSeededChance(1) });
  return { ledger, log };
}

t.test('a command decides on what the entity’s events have made of it', async (t) => {
  const { ledger, log } = setUp();
  const addAmount = (amount: number) => add.carryOut(ledger, { name: 'a', amount }, asked);
  t.same(await addAmount(0), { kind: 'changed', position: -1 }, 'nothing to change, and nothing there');
  t.same(await addAmount(4), { kind: 'changed', position: 0 });
  t.same(await addAmount(6), { kind: 'changed', position: 1 });
  t.same(
    await addAmount(0),
    { kind: 'changed', position: 1 },
    'adding nothing answers the position of the last event',
  );
  t.same(await addAmount(1), { kind: 'refused', message: 'That would be more than 10.' });
  t.same(
    log.events.map(({ stream, data }) => [stream, data]),
    [
      [`sum-${TENANT}.a`, { amount: 4 }],
      [`sum-${TENANT}.a`, { amount: 6 }],
    ],
  );
  t.match(log.events[0]?.metadata, { tenantId: TENANT, actorKind: 'member', $causationId: 'c' });
});

t.test('concurrent commands each decide on the events of the others', async (t) => {
  const { ledger } = setUp();
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, () => add.carryOut(ledger, { name: 'raced', amount: 3 }, asked)),
  );
  t.equal(outcomes.filter(({ kind }) => kind === 'changed').length, 3);
  t.equal(outcomes.filter(({ kind }) => kind === 'refused').length, 5);
});

t.test('what a command is given is checked where it is carried out', async (t) => {
  const { ledger, log } = setUp();
  await t.rejects(add.carryOut(ledger, { name: 'a', amount: 'many' }, asked), { name: 'ZodError' });
  t.equal(log.events.length, 0);
});

t.test('an entity has events of its own category alone', async (t) => {
  t.throws(() => defineEntity({ category: 'other', streams: '<tenant>', events: [Added] }), TypeError);
});
