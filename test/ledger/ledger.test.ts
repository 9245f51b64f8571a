import t from 'tap';
import { systemChance, systemClock } from '../../src/clock.js';
import {
  AppendOutcomeUnknownError,
  type EventLog,
  LogUnavailableError,
  type RawEvent,
  RevisionConflictError,
} from '../../src/ledger/event-log.js';
import { DamagedEventError, UnknownEventError } from '../../src/ledger/event-registry.js';
import { createEventStoreLog } from '../../src/ledger/event-store-log.js';
import { brokenLink } from '../../src/ledger/hash-chain.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { EMPTY_HEAD } from '../../src/ledger/stream-head.js';
import type { ProductDraft } from '../../src/program/product-events.js';
import { productEvents } from '../../src/program/product-events.js';
import { tenantStream } from '../../src/tenancy/tenant-events.js';
import { freePort } from '../support/free-port.js';
import { createMemoryLog } from '../support/memory-log.js';

const TENANT = '11111111-1111-4111-8111-111111111111';
const PERSON = '22222222-2222-4222-8222-222222222222';
const STREAM = tenantStream(TENANT);
const context = {
  tenantId: TENANT,
  actor: { kind: 'system', id: 'test' },
  correlationId: 'request-1',
  causationId: 'request-1',
} as const;
const registered: ProductDraft = { type: 'TenantRegistered', data: { slug: 'contoso', name: 'Contoso' } };
const added: ProductDraft = { type: 'MemberAdded', data: { personId: PERSON, role: 'owner' } };

function ledgerOn(log: EventLog, clock = systemClock) {
  return createLedger({ events: productEvents, log, clock, chance: systemChance });
}

t.test('events form one hash chain, across appends', async (t) => {
  const log = createMemoryLog();
  const ledger = ledgerOn(log);
  const first = await ledger.append(STREAM, EMPTY_HEAD, [registered, added], context);
  await ledger.append(STREAM, first.head, [{ type: 'MemberRemoved', data: { personId: PERSON } }], context);
  let previous = '';
  for (const event of log.events) {
    t.equal(brokenLink(event, previous), undefined, `revision ${event.revision}`);
    previous = (event.metadata as { hash: string }).hash;
  }
  const [second] = log.events.slice(1);
  if (!second) throw new Error('two events were appended');
  const metadata = second.metadata as Record<string, string>;
  t.match(
    brokenLink({ ...second, data: { personId: PERSON, role: 'readonly' } }, metadata.prevHash ?? ''),
    /data/,
  );
  t.match(
    brokenLink({ ...second, metadata: { ...metadata, actorId: 'other' } }, metadata.prevHash ?? ''),
    /envelope/,
  );
  t.match(brokenLink({ ...second, revision: 7 }, metadata.prevHash ?? ''), /envelope/);
  t.match(brokenLink(second, 'f'.repeat(64)), /before/);
});

t.test('every value of the envelope is text, and it holds what the design names', async (t) => {
  const log = createMemoryLog();
  await ledgerOn(log).append(STREAM, EMPTY_HEAD, [registered], {
    ...context,
    runId: 'r-0',
    runStart: 0,
    attempt: 2,
  });
  const metadata = log.events[0]?.metadata as Record<string, unknown>;
  t.ok(Object.values(metadata).every((value) => typeof value === 'string'));
  t.strictSame(Object.keys(metadata).sort(), [
    '$causationId',
    '$correlationId',
    'actorId',
    'actorKind',
    'appVersion',
    'at',
    'attempt',
    'chain',
    'dataHash',
    'hash',
    'prevHash',
    'runId',
    'runStart',
    'sanitizerVersion',
    'schemaVersion',
    'tenantId',
  ]);
});

t.test('an append whose answer is lost is repeated until it is known, and written once', async (t) => {
  const log = createMemoryLog();
  let lost = 3;
  const flaky: EventLog = {
    ...log,
    async append(...args) {
      const answer = await log.append(...args);
      if (lost-- > 0) throw new AppendOutcomeUnknownError(args[0], new Error('cut'));
      return answer;
    },
  };
  await ledgerOn(flaky).append(STREAM, EMPTY_HEAD, [registered], context);
  t.equal(log.events.length, 1);
});

t.test('a conflict after a lost answer is a success when our own events are there', async (t) => {
  const log = createMemoryLog();
  let calls = 0;
  const forgetful: EventLog = {
    ...log,
    async append(stream, events, expected) {
      calls += 1;
      if (calls > 1) throw new RevisionConflictError(stream, expected, 0);
      await log.append(stream, events, expected);
      throw new AppendOutcomeUnknownError(stream, new Error('cut'));
    },
  };
  const appended = await ledgerOn(forgetful).append(STREAM, EMPTY_HEAD, [registered], context);
  t.equal(appended.head.revision, 0);
  t.equal(log.events.length, 1);
});

t.test('a conflict is thrown when the events there are somebody else’s', async (t) => {
  const log = createMemoryLog();
  const ledger = ledgerOn(log);
  await ledger.append(STREAM, EMPTY_HEAD, [registered], context);
  await t.rejects(ledger.append(STREAM, EMPTY_HEAD, [registered], context), {
    name: 'RevisionConflictError',
  });
});

t.test('an answer that never comes is reported as unknown, after its time', async (t) => {
  const log = createMemoryLog();
  const dead: EventLog = {
    ...log,
    append: (stream) => Promise.reject(new AppendOutcomeUnknownError(stream, new Error('cut'))),
  };
  await t.rejects(ledgerOn(dead).append(STREAM, EMPTY_HEAD, [registered], context, { settleWithinMs: 1 }), {
    name: 'AppendOutcomeUnknownError',
  });
});

/** A log that answers its first calls with these errors, one each, and then accepts appends. */
function troubled(...troubles: (LogUnavailableError | AppendOutcomeUnknownError)[]) {
  const log = createMemoryLog();
  const away: EventLog = {
    ...log,
    async append(...args) {
      const trouble = troubles.shift();
      if (trouble) throw trouble;
      return log.append(...args);
    },
  };
  return { log, ledger: ledgerOn(away) };
}
const away = () => new LogUnavailableError('appending', new Error('nobody listens'));
const unanswered = () => new AppendOutcomeUnknownError(STREAM, new Error('cut'));

t.test('a log that is away is waited for, and written to when it is back', async (t) => {
  const { log, ledger } = troubled(away(), away());
  await ledger.append(STREAM, EMPTY_HEAD, [registered], context);
  t.equal(log.events.length, 1);
});

t.test('a caller that can’t wait gets an error at once while the log is away', async (t) => {
  const { log, ledger } = troubled(away());
  const append = ledger.append(STREAM, EMPTY_HEAD, [registered], context, { failsWhenAway: true });
  await t.rejects(append, { name: 'LogUnavailableError' });
  t.equal(log.events.length, 0);
});

t.test('once an append was sent, even such a caller waits for its outcome', async (t) => {
  const { log, ledger } = troubled(unanswered(), away());
  await ledger.append(STREAM, EMPTY_HEAD, [registered], context, { failsWhenAway: true });
  t.equal(log.events.length, 1);
  const lost = troubled(unanswered(), away());
  const late = { failsWhenAway: true, settleWithinMs: 1 };
  await t.rejects(lost.ledger.append(STREAM, EMPTY_HEAD, [registered], context, late), {
    name: 'AppendOutcomeUnknownError',
  });
});

t.test('an attempt waits for its answer no longer than the remaining time', async (t) => {
  const memory = createMemoryLog();
  const allowed: (number | undefined)[] = [];
  const silent: EventLog = {
    ...memory,
    append(_stream, _events, _expected, attempt) {
      allowed.push(attempt?.timeoutMs);
      return Promise.reject(unanswered());
    },
  };
  const options = { settleWithinMs: 200 };
  await t.rejects(ledgerOn(silent).append(STREAM, EMPTY_HEAD, [registered], context, options));
  t.ok(allowed.length > 1);
  t.ok(
    allowed.every((ms) => ms !== undefined && ms <= 200),
    'none longer than all of it',
  );
  t.ok(Number(allowed.at(-1)) < Number(allowed[0]), 'and each shorter than the one before');
});

t.test('a port where nobody listens is a log that is away: nothing was sent', async (t) => {
  const log = createEventStoreLog({ url: `esdb://127.0.0.1:${await freePort()}?tls=false` });
  t.teardown(() => log.close());
  const events = [{ id: systemChance.uuid(), type: 'Something', data: {}, metadata: {} }];
  await t.rejects(log.append(STREAM, events, -1), { name: 'LogUnavailableError' });
});

t.test('invalid drafts are refused before anything is written', async (t) => {
  const log = createMemoryLog();
  const ledger = ledgerOn(log);
  const bad = [
    { type: 'TenantRegistered', data: { slug: 'Not a slug', name: 'x' } },
    { type: 'TenantRegistered', data: { slug: 'a', name: 'x', extra: 1 } },
    { type: 'TenantRegistered', data: { slug: 'a', name: 'x\u0000' } },
    { type: 'NoSuchEvent', data: {} },
  ] as ProductDraft[];
  for (const draft of bad) await t.rejects(ledger.append(STREAM, EMPTY_HEAD, [draft], context));
  t.equal(log.events.length, 0);
});

t.test('events of a newer program wait, damaged ones are named', async (t) => {
  const log = createMemoryLog();
  const ledger = ledgerOn(log);
  await ledger.append(STREAM, EMPTY_HEAD, [registered], context);
  const metadata = log.events[0]?.metadata as Record<string, string>;
  const store = (type: string, data: unknown, over: Record<string, string>) =>
    log.append(
      `tenant-${type}${over.schemaVersion ?? ''}`,
      [{ id: 'x', type, data, metadata: { ...metadata, ...over } }],
      -1,
    );
  await store('NotYet', {}, {});
  await store('MemberAdded', { personId: PERSON, role: 'owner' }, { schemaVersion: '2' });
  await store('MemberRemoved', { personId: 7 }, {});
  await store('MemberRemoved', { personId: PERSON }, { schemaVersion: 'one' });
  await t.rejects(ledger.last('tenant-NotYet'), UnknownEventError);
  await t.rejects(ledger.last('tenant-MemberAdded2'), UnknownEventError);
  const damaged = await ledger.last('tenant-MemberRemoved').catch((error: unknown) => error);
  t.type(damaged, DamagedEventError);
  t.match(damaged, {
    message: 'tenant-MemberRemoved@0 (MemberRemoved) is damaged: personId: It takes text.',
  });
  await t.rejects(ledger.last('tenant-MemberRemovedone'), {
    name: 'DamagedEventError',
    message: /is damaged: schemaVersion: It /,
  });
});

t.test(
  'an event written by a clock that is behind keeps the order of times and what that clock said',
  async (t) => {
    const log = createMemoryLog();
    let ms = 1_000_000_000;
    const ledger = ledgerOn(log, { ...systemClock, now: () => ms });
    const first = await ledger.append(STREAM, EMPTY_HEAD, [registered], context);
    ms -= 5_000;
    const second = await ledger.append(STREAM, first.head, [added], context);
    t.match(second.events[0]?.envelope, {
      at: new Date(ms + 5_000).toISOString(),
      clockAt: new Date(ms).toISOString(),
    });
    t.same((await ledger.last(STREAM))?.envelope, second.events[0]?.envelope);
    t.equal(
      brokenLink(log.events[1] as RawEvent, first.head.hash),
      undefined,
      'it is part of the hashed envelope',
    );
    ms += 9_000;
    const third = await ledger.append(STREAM, second.head, [added], context);
    t.equal(third.events[0]?.envelope.clockAt, undefined);
    ms -= 200_000;
    const afterWrong = await ledger.append(STREAM, third.head, [added], context);
    t.match(
      afterWrong.events[0]?.envelope,
      { at: new Date(ms).toISOString() },
      'a wrong time is not carried on',
    );
  },
);

t.test('nothing is written while the clock is far from the event store’s', async (t) => {
  const memory = createMemoryLog();
  const log: EventLog = { ...memory, clockOffset: () => ({ offsetMs: 90_000, uncertaintyMs: 1_000 }) };
  await t.rejects(ledgerOn(log).append(STREAM, EMPTY_HEAD, [registered], context), {
    name: 'ClockWrongError',
    message: /90 s behind the event store’s.*NTP/,
  });
  t.equal(memory.events.length, 0);
});
