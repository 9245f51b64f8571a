import { type Logger, pino } from 'pino';
import t from 'tap';
import { logRedaction } from '../../src/sanitize/log-redaction.js';
import { material } from './corpus/material.js';

/** A logger and the lines that it wrote. */
function recording(options: object = {}): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const log = pino(
    { level: 'trace', base: null, ...logRedaction(), ...options },
    { write: (line: string) => lines.push(line) },
  );
  return { log, lines };
}

const m = material(5);
const secret = m.entraSecret();
const password = m.password();
const token = m.jwt();

function errorWithCauses(): Error {
  const inner = Object.assign(new Error(`connect postgres://ops:${password}@db01/x failed`), {
    code: 'ECONNREFUSED',
  });
  const middle = new Error(`token ${token} rejected`, { cause: inner });
  return Object.assign(new AggregateError([inner, middle], `client secret ${secret}`, { cause: middle }), {
    config: { headers: { Authorization: `Bearer ${token}` }, password },
    statusCode: 502,
  });
}

const calls: Readonly<Record<string, (log: Logger) => void>> = {
  message: (log) => log.info(`using ${secret}`),
  'format string': (log) => log.info('using %s and %s', secret, token),
  'format object': (log) => log.info('using %o and %j', { password }, { clientSecret: secret }),
  'format split': (log) => log.info('password=%s for %d', password, 7),
  'extra arguments': (log) => log.info('failed %s %o', `password=${password}`, { token }),
  'field by name': (log) => log.info({ password, clientSecret: secret, token }, 'start'),
  'field by form': (log) =>
    log.info({ note: `got ${secret}`, other: token, url: `https://a:${password}@b/c?sig=${secret}` }),
  'field msg': (log) => log.info({ msg: `password: ${password}` }),
  'nested fields': (log) =>
    log.info({ a: { b: [{ c: { secret } }, `Bearer ${token}`, new Map([['password', password]])] } }),
  'field key': (log) => log.info({ [`x ${secret}`]: 1 }),
  'error alone': (log) => log.error(errorWithCauses()),
  'error and message': (log) => log.error(errorWithCauses(), `while using ${secret}`),
  'error and format': (log) => log.error(errorWithCauses(), 'password=%s', password),
  'error in err': (log) => log.error({ err: errorWithCauses() }),
  'error in err with message': (log) => log.error({ err: errorWithCauses() }, 'x %s', token),
  'error look-alike': (log) => log.error({ err: { message: `password=${password}`, stack: token } }),
  'error elsewhere': (log) => log.error({ reason: errorWithCauses(), list: [errorWithCauses()] }, 'x'),
  'bound to a child': (log) => log.child({ password, note: `Bearer ${token}` }).info('x'),
  'bound to a grandchild': (log) =>
    log.child({ a: 1 }).child({ deep: { secret }, err: errorWithCauses() }).warn('x'),
  'bound later': (log) => {
    const child = log.child({});
    child.setBindings({ clientSecret: secret });
    child.info('x');
  },
  buffer: (log) => log.info({ body: Buffer.from(password), bytes: new Uint8Array(Buffer.from(secret)) }),
  headers: (log) =>
    log.info({ headers: new Headers({ authorization: `Bearer ${token}`, cookie: `sid=${password}` }) }),
  'nothing but a number': (log) => log.info({ pin: 482913 }),
};

t.test('no secret reaches a line, at any position of a log call', async (t) => {
  for (const [name, call] of Object.entries(calls)) {
    const { log, lines } = recording();
    call(log);
    t.equal(lines.length, 1, name);
    for (const planted of [secret, password, token, token.slice(0, 40)])
      t.notOk(lines[0]?.includes(planted), name);
    t.doesNotThrow(() => JSON.parse(lines[0] ?? ''), name);
  }
});

t.test('fields that a mixin adds are sanitized too', async (t) => {
  const { log, lines } = recording({ mixin: () => ({ password }) });
  log.info('x');
  t.notMatch(lines[0], password);
});

t.test('helpful parts stay', async (t) => {
  const { log, lines } = recording();
  log
    .child({ runId: '0f8fad5bd9cb469fa16570867728950e-42' })
    .info({ count: 7, type: 'drift.generate', done: true }, 'run %s done', 'r1');
  t.match(JSON.parse(lines[0] ?? ''), {
    level: 30,
    runId: '0f8fad5bd9cb469fa16570867728950e-42',
    count: 7,
    type: 'drift.generate',
    done: true,
    msg: 'run r1 done',
  });
  log.error(errorWithCauses(), 'while starting');
  const line = JSON.parse(lines[1] ?? '');
  t.equal(line.msg, 'while starting');
  t.equal(line.err.type, 'AggregateError');
  t.equal(line.err.statusCode, 502);
  t.equal(line.err.cause.cause.code, 'ECONNREFUSED');
  t.match(line.err.stack, /log-redaction\.test/);
  log.info('100%% and %s', 'x');
  t.equal(JSON.parse(lines[2] ?? '').msg, '100% and x');
});

t.test('hostile objects are logged as far as they can be read', async (t) => {
  const { log, lines } = recording();
  const circular: Record<string, unknown> = { token };
  circular.self = circular;
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const throwing = Object.defineProperty(new Error('x'), 'cause', {
    get() {
      throw new Error('no');
    },
  });
  log.info({ circular, proxy, big: 10n }, 'hostile');
  log.error(throwing);
  log.error({ err: throwing }, 'y');
  t.equal(lines.length, 3);
  t.notMatch(lines.join(''), token);
});

t.test('a line of plain fields costs less than one with a thousand characters to look through', async (t) => {
  const { log } = recording();
  const fields = { runId: '0f8fad5bd9cb469fa16570867728950e-42', count: 7, type: 'drift.generate', ok: true };
  const longMessage = 'started '.repeat(125);
  const costs = { plain: Number.POSITIVE_INFINITY, long: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 5; round++) {
    costs.plain = Math.min(
      costs.plain,
      processorTime(() => log.info(fields, 'started')),
    );
    costs.long = Math.min(
      costs.long,
      processorTime(() => log.info(fields, longMessage)),
    );
  }
  t.ok(costs.plain < costs.long, `${costs.plain} and ${costs.long} µs`);
});

/** Microseconds of processor time for a thousand lines. */
function processorTime(line: () => void): number {
  const start = process.cpuUsage();
  for (let n = 0; n < 1_000; n++) line();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}
