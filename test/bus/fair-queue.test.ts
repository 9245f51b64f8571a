/**
 * Goal: in every order of adding, beginning, finishing and withdrawing, limits hold, nothing is lost, no slot stays
 * unused while somebody could use it, and nobody is overtaken twice. Method: random histories, compared with a plain
 * list that follows only the rules.
 */
import fc from 'fast-check';
import t from 'tap';
import type { ConsumeLimits } from '../../src/bus/command-bus.js';
import { createFairQueue, type Ticket } from '../../src/bus/fair-queue.js';

type Step =
  | { readonly do: 'add'; readonly tenant: string; readonly type: string }
  | { readonly do: 'take' }
  | { readonly do: 'finish' | 'withdraw'; readonly which: number };

const tenants = ['a', 'b', 'c', 'd', 'e'];
const types = ['x.one', 'y.two', 'z.three'];

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('add' as const),
        tenant: fc.constantFrom(...tenants),
        type: fc.constantFrom(...types),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constantFrom('finish' as const, 'withdraw' as const), which: fc.nat() }),
    },
  ),
  { maxLength: 300, size: 'max' },
);
const someLimits: fc.Arbitrary<ConsumeLimits> = fc.record({
  total: fc.integer({ min: 1, max: 6 }),
  perTenant: fc.integer({ min: 1, max: 3 }),
  perType: fc.dictionary(fc.constantFrom(...types), fc.integer({ min: 1, max: 3 })),
});

type TestTicket = Ticket<number>;

/** The rules, on plain lists. */
function createReferee(limits: ConsumeLimits) {
  const waiting: TestTicket[] = [];
  const inHand: TestTicket[] = [];
  const count = (list: readonly TestTicket[], key: 'tenantId' | 'type', value: string) =>
    list.filter((ticket) => ticket[key] === value).length;
  const limitOf = (type: string) => limits.perType[type] ?? limits.total;
  const mayBegin = (ticket: TestTicket) =>
    inHand.length < limits.total &&
    count(inHand, 'tenantId', ticket.tenantId) < limits.perTenant &&
    count(inHand, 'type', ticket.type) < limitOf(ticket.type);
  return {
    waiting,
    inHand,
    eligibleTenants: () => new Set(waiting.filter(mayBegin).map((ticket) => ticket.tenantId)),
    isWithinLimits: () =>
      inHand.length <= limits.total &&
      tenants.every((tenant) => count(inHand, 'tenantId', tenant) <= limits.perTenant) &&
      types.every((type) => count(inHand, 'type', type) <= limitOf(type)),
  };
}

function remove<T>(list: T[], which: number): T | undefined {
  return list.length === 0 ? undefined : list.splice(which % list.length, 1)[0];
}

/** Plays a history. Throws when a rule is broken. */
function play(limits: ConsumeLimits, history: readonly Step[]): void {
  const queue = createFairQueue<number>(limits);
  const referee = createReferee(limits);
  /** For each tenant that could begin but hasn't: who has begun since then. */
  const overtook = new Map<string, Set<string>>();
  let added = 0;

  const take = () => {
    const eligible = referee.eligibleTenants();
    const ticket = queue.take();
    if ((ticket === undefined) !== (eligible.size === 0)) throw new Error('an idle slot, or one too many');
    if (ticket === undefined) return;
    const place = referee.waiting.indexOf(ticket);
    if (place < 0) throw new Error('begun without waiting');
    const earlier = referee.waiting.slice(0, place);
    if (earlier.some(({ tenantId, type }) => tenantId === ticket.tenantId && type === ticket.type)) {
      throw new Error("a tenant's own commands of one type lost their order");
    }
    referee.waiting.splice(place, 1);
    referee.inHand.push(ticket);
    if (!referee.isWithinLimits()) throw new Error('a limit is exceeded');
    overtook.delete(ticket.tenantId);
    for (const tenant of eligible) {
      if (tenant === ticket.tenantId) continue;
      const others = overtook.get(tenant) ?? new Set();
      if (others.has(ticket.tenantId)) throw new Error(`${tenant} was overtaken twice by ${ticket.tenantId}`);
      overtook.set(tenant, others.add(ticket.tenantId));
    }
  };

  for (const step of history) {
    if (step.do === 'add') {
      referee.waiting.push(queue.add(step.tenant, step.type, added));
      added += 1;
    } else if (step.do === 'take') {
      take();
    } else if (step.do === 'finish') {
      const ticket = remove(referee.inHand, step.which);
      if (ticket !== undefined) queue.finish(ticket);
      // A tenant whose command ends goes to the end of the queue; who overtook it before doesn't count any more.
      if (ticket !== undefined) overtook.delete(ticket.tenantId);
    } else {
      const ticket = remove(referee.waiting, step.which);
      if (ticket !== undefined && !queue.withdraw(ticket)) throw new Error('could not be withdrawn');
    }
    const eligible = referee.eligibleTenants();
    for (const tenant of overtook.keys()) if (!eligible.has(tenant)) overtook.delete(tenant);
    if (queue.waiting() !== referee.waiting.length || queue.inHand() !== referee.inHand.length) {
      throw new Error('the counts are wrong');
    }
  }
}

t.test('the rules hold for random sequences of calls', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(someLimits, steps, (limits, history) => play(limits, history)),
      { numRuns: 1_000 },
    ),
  );
});

t.test('waiting commands are counted by type and tenant', async (t) => {
  const queue = createFairQueue<number>({ total: 1, perTenant: 1, perType: {} });
  const first = queue.add('a', 'x.one', 1);
  queue.add('a', 'y.two', 2);
  t.equal(queue.waitingOfType('x.one'), 1);
  t.equal(queue.waitingOf('a', 'y.two'), 1);
  t.equal(queue.waitingOf('b', 'y.two'), 0);
  t.equal(queue.take(), first);
  t.notOk(queue.withdraw(first), 'it has begun');
  queue.finish(first);
  t.throws(() => queue.finish(first), 'a slot is given back once');
});

t.test('a tenant that is removed and added again keeps its place in the order', async (t) => {
  const queue = createFairQueue<string>({ total: 1, perTenant: 1, perType: {} });
  let waiting = queue.add('patient', 'x.one', 'patient');
  for (let n = 0; n < 3; n += 1) for (const flood of ['a', 'b']) queue.add(flood, 'x.one', flood);
  queue.withdraw(waiting);
  waiting = queue.add('patient', 'x.one', 'patient');
  t.equal(queue.take(), waiting);
});

t.test('a type named like a property of an object has no limit of its own', async (t) => {
  const queue = createFairQueue<number>({ total: 2, perTenant: 2, perType: {} });
  queue.add('__proto__', 'constructor', 1);
  t.equal(queue.take()?.item, 1);
});

t.test('limits that would allow no command are refused', async (t) => {
  for (const limits of [
    { total: 0, perTenant: 1, perType: {} },
    { total: 1, perTenant: Number.NaN, perType: {} },
    { total: 1, perTenant: 1, perType: { 'x.one': 0.5 } },
  ]) {
    t.throws(() => createFairQueue(limits));
  }
});

t.test('a million commands of ten thousand tenants', async (t) => {
  const commandCount = 1_000_000;
  const queue = createFairQueue<number>({ total: 64, perTenant: 2, perType: { 'x.one': 16 } });
  const beganMs = performance.now();
  for (let n = 0; n < commandCount; n += 1) {
    queue.add(`tenant-${n % 10_000}`, types[n % 3] ?? 'x.one', n);
  }
  const addedMs = performance.now();
  const inHand: TestTicket[] = [];
  let begun = 0;
  while (begun < commandCount) {
    const ticket = queue.take();
    if (ticket === undefined) {
      const oldest = inHand.shift();
      if (oldest !== undefined) queue.finish(oldest);
    } else {
      inHand.push(ticket);
      begun += 1;
    }
  }
  const endedMs = performance.now();
  const perSecond = (ms: number) => Math.round(commandCount / (ms / 1_000));
  t.comment(`${perSecond(addedMs - beganMs)} added/s, ${perSecond(endedMs - addedMs)} begun and finished/s`);
  t.equal(queue.waiting(), 0);
  // Twenty times the time that it takes. A scan over tenants or commands would take hours.
  t.ok(endedMs - beganMs < 60_000);
});
