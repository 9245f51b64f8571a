import t from 'tap';
import { REASON_CHARACTERS_MAX } from '../../src/sanitize/failure.js';
import { sanitizeFailure, sanitizeMessage, sanitizeText, sanitizeValue } from '../../src/sanitize/index.js';
import { logRedaction } from '../../src/sanitize/log-redaction.js';
import { material } from './corpus/material.js';

const m = material(9);

t.test('status, code and request id are read from a Graph error', async (t) => {
  const requestId = m.guid();
  const secret = m.entraSecret();
  const error = Object.assign(new Error(`Graph answered 403: ${secret}`), {
    statusCode: 403,
    body: {
      error: { code: 'Forbidden', message: 'x', innerError: { 'request-id': requestId, token: m.jwt() } },
    },
  });
  const failure = sanitizeFailure(error, { policyId: m.guid(), policyName: 'Require password - Windows 10' });
  t.match(failure.details, {
    status: 403,
    code: 'Forbidden',
    requestId,
    policyName: 'Require password - Windows 10',
  });
  t.equal(failure.reason, 'Graph answered 403: [redacted:entra-secret]');
});

t.test('details are found in causes and aggregate errors', async (t) => {
  const cause = Object.assign(new Error('getaddrinfo ENOTFOUND graph.microsoft.com'), { code: 'ENOTFOUND' });
  const failure = sanitizeFailure(new TypeError('fetch failed', { cause }));
  t.equal(failure.reason, 'fetch failed: getaddrinfo ENOTFOUND graph.microsoft.com');
  t.equal(failure.details.code, 'ENOTFOUND');
  t.match(
    sanitizeFailure(new AggregateError([new Error('first'), new Error('second')], 'all failed')).reason,
    'all failed: first',
  );
});

t.test('the message of a status has no secret, also where the secret stands beside it', async (t) => {
  const secret = m.b62(24);
  const error = Object.assign(new Error(`could not write ${secret}`, { cause: new Error('left out') }), {
    detail: `password=${secret}`,
  });
  t.match(sanitizeMessage(error), /^could not write \[redacted:[\w-]+\]$/);
  const cursed = Object.defineProperty(new Error(), 'message', {
    get() {
      throw new Error(`pwd=${secret}`);
    },
  });
  t.notMatch(sanitizeMessage(cursed), secret);
  t.equal(sanitizeMessage('away'), 'away');
});

t.test('only values of the expected form are kept', async (t) => {
  const secret = m.b62(40);
  const failure = sanitizeFailure({
    status: 9999,
    code: `x ${secret}`,
    requestId: secret,
    policyName: `p ${secret}`,
    other: secret,
  });
  t.notMatch(JSON.stringify(failure), secret);
  t.equal(failure.details.status, undefined);
  t.equal(failure.details.code, undefined);
});

t.test('the reason is short, cut after sanitizing, and stable', async (t) => {
  const jwt = m.jwt();
  for (let padding = 200; padding < 320; padding += 7) {
    const { reason } = sanitizeFailure(new Error(`${'word '.repeat(padding / 5)}${jwt}`));
    t.ok(reason.length <= REASON_CHARACTERS_MAX);
    t.notMatch(reason, jwt.slice(0, 12));
    t.equal(sanitizeText(reason), reason);
  }
  t.ok(sanitizeFailure(new Error('long '.repeat(100)), { reasonCharactersMax: 50 }).reason.length <= 50);
});

t.test('any value is accepted', async (t) => {
  const hostile = new Proxy(new Error('x'), {
    get() {
      throw new Error('no');
    },
  });
  for (const thrown of [undefined, null, 'text', 7, Symbol('s'), () => 1, {}, [], hostile, new Error('')])
    t.type(sanitizeFailure(thrown).reason, 'string');
});

/** Errors whose own code throws whenever a property is read. */
function trappedErrors(): readonly unknown[] {
  const fail = () => {
    throw new Error('trap');
  };
  const getters = ['message', 'name', 'stack', 'cause', 'code', 'toString', 'toJSON', 'errors'];
  const withGetter = getters.map((key) =>
    Object.defineProperty(new Error('x'), key, { get: fail, enumerable: true }),
  );
  const withMethod = ['toString', 'toJSON', 'valueOf'].map((key) =>
    Object.assign(new Error('x'), { [key]: fail }),
  );
  const withObject = ['message', 'name', 'stack', 'code'].map((key) =>
    Object.defineProperty(new Error('x'), key, {
      value: { toString: fail, valueOf: fail },
      enumerable: true,
    }),
  );
  const traps = { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail };
  const revoked = Proxy.revocable(new Error('x'), {});
  revoked.revoke();
  return [...withGetter, ...withMethod, ...withObject, new Proxy(new Error('x'), traps), revoked.proxy];
}

t.test('an error whose own code throws is still described, and nothing throws', async (t) => {
  const log = logRedaction();
  for (const error of trappedErrors()) {
    t.type(sanitizeFailure(error).reason, 'string');
    for (const carrier of [
      error,
      { error },
      [error],
      new Error('outer', { cause: error }),
      new AggregateError([error]),
    ]) {
      t.doesNotThrow(() => JSON.stringify(sanitizeValue(carrier)));
      t.type(sanitizeFailure(carrier).reason, 'string');
      t.doesNotThrow(() => log.formatters.log?.({ err: carrier }));
      t.doesNotThrow(() => log.serializers.err?.(carrier as Error));
    }
  }
});

t.test('a secret in a field of the error is also removed from its message', async (t) => {
  const secret = material(21).password();
  const error = Object.assign(new Error(`svc may not sign in with ${secret}`), {
    config: { auth: { username: 'svc', password: secret } },
  });
  t.match(sanitizeFailure(error).reason, /^svc may not sign in with \[redacted:password\]$/);
  t.notMatch(sanitizeFailure(new Error('outer', { cause: error })).reason, secret);
});
