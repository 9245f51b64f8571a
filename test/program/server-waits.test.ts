import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import t from 'tap';
import { AppendOutcomeUnknownError, LogUnavailableError } from '../../src/ledger/event-log.js';
import { createServerWaits, isAbsence } from '../../src/program/server-waits.js';

const logger = pino({ level: 'silent' });
const coded = (code: string, message = 'it failed') => Object.assign(new Error(message), { code });
const ofType = (type: string) => Object.assign(new Error('refused'), { type });

t.test('errors that waiting may solve are recognised', async (t) => {
  const absent = [
    coded('ECONNREFUSED'),
    Object.assign(new AggregateError([coded('ECONNREFUSED')]), { code: 'ECONNREFUSED' }),
    coded('ENOTFOUND'),
    coded('57P03', 'the database system is starting up'),
    coded('53300', 'too many clients already'),
    new Error('Connection terminated unexpectedly'),
    new Error('The database could not be migrated', { cause: coded('ECONNRESET') }),
    new LogUnavailableError('reading', ofType('unavailable')),
    new AppendOutcomeUnknownError('ledger-main', ofType('unknown')),
  ];
  for (const error of absent) t.ok(isAbsence(error), `${error.message} ${'code' in error ? error.code : ''}`);
});

t.test('errors that waiting can’t solve are recognised', async (t) => {
  const mistakes = [
    coded('28P01', 'password authentication failed'),
    coded('3D000', 'database "x" does not exist'),
    new TypeError('Invalid URL'),
    new Error('This database belongs to the ledger a, and the event store holds b'),
    new LogUnavailableError('reading', ofType('access-denied')),
    coded('DEPTH_ZERO_SELF_SIGNED_CERT'),
    coded('EADDRINUSE'),
    'no error at all',
  ];
  for (const error of mistakes) t.notOk(isAbsence(error), String(error));
});

t.test('an absent server is tried again, a mistake is not', async (t) => {
  const said: string[] = [];
  const waits = createServerWaits({
    signal: new AbortController().signal,
    logger,
    onWaiting: async (sentence) => void said.push(sentence),
  });
  const server = { name: 'PostgreSQL', variable: 'DATABASE_URL', external: true };
  const outcomes = [coded('ECONNREFUSED'), coded('57P03')].values();
  const answer = await waits.until(server, async () => {
    const { value } = outcomes.next();
    if (value) throw value;
    return 'there';
  });
  t.equal(answer, 'there');
  t.strictSame(said, Array(2).fill('Waiting for PostgreSQL, which does not answer.'));
  const attempt = (what: typeof server, error: Error) => {
    let tries = 0;
    const work = async () => {
      tries += 1;
      throw error;
    };
    return waits.until(what, work).catch(() => tries);
  };
  t.equal(await attempt(server, coded('28P01')), 1);
  t.equal(await attempt({ ...server, external: false }, coded('ECONNREFUSED')), 1, 'one of our own');
});

t.test('the signal ends an attempt that hangs', async (t) => {
  const stopping = new AbortController();
  const waits = createServerWaits({ signal: stopping.signal, logger, onWaiting: async () => undefined });
  const server = { name: 'PostgreSQL', variable: 'DATABASE_URL', external: true };
  const waiting = waits.until(server, () => new Promise<never>(() => undefined));
  await setImmediate();
  stopping.abort();
  await t.rejects(waiting, { name: 'AbortError' });
});
