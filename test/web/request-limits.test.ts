import fastify from 'fastify';
import t from 'tap';
import { systemClock } from '../../src/clock.js';
import { bearerTokenOf } from '../../src/web/auth/identify.js';
import { LIMITS } from '../../src/web/limits.js';
import { limitByAddress, limitBySession } from '../../src/web/request-limits.js';

const GOOD = 'a-token-that-is-known';
const CLIENT = { clientId: 'c', name: 'a client', tenantId: null, capabilities: [] };

t.test('requests with a known token are counted by token, all others by address', async (t) => {
  const app = fastify();
  await limitByAddress(app, systemClock);
  app.decorateRequest('identity');
  let identified = 0;
  app.addHook('onRequest', async (request) => {
    identified += 1;
    const isKnown = bearerTokenOf(request) === GOOD;
    request.identity = isKnown ? { kind: 'client', client: CLIENT } : { kind: 'nobody' };
  });
  limitBySession(app);
  app.get('/', async () => 'answered');
  t.teardown(() => app.close());
  const ask = (token: string) =>
    app.inject({ url: '/', remoteAddress: '10.1.1.1', headers: { authorization: `Bearer ${token}` } });

  t.equal((await ask(GOOD)).statusCode, 200);
  for (let n = 1; n < LIMITS.requestsPerAddressPerMinute; n++) await ask('a-token-that-is-guessed');
  const identifiedBefore = identified;
  const guessed = await ask('a-token-that-is-guessed');
  t.equal(guessed.statusCode, 429);
  t.equal(identified, identifiedBefore, 'its sender is not looked up');
  t.match(guessed.json().message, /1200 requests a minute are taken from one address/);
  t.ok(Number(guessed.headers['retry-after']) > 0, 'and says when to come again');
  const nothing = await app.inject({ url: '/nothing', remoteAddress: '10.1.1.1' });
  t.equal(nothing.statusCode, 429, 'also at an address that nothing has');
  for (let n = 0; n < LIMITS.requestsPerAddressPerMinute; n++)
    await app.inject({ url: '/nothing', remoteAddress: '10.1.1.2' });
  const elsewhere = await app.inject({ url: '/', remoteAddress: '10.1.1.2' });
  t.equal(elsewhere.statusCode, 429, 'and requests for it count');
  for (let n = 1; n < LIMITS.requestsPerSessionPerMinute; n++)
    if ((await ask(GOOD)).statusCode !== 200) t.fail(`request ${n} of a known token was refused`);
  const known = await ask(GOOD);
  t.equal(known.statusCode, 429);
  const { message } = known.json();
  t.match(message, /600 requests a minute are taken with one token/);
  t.match(message, `Try again in ${known.headers['retry-after']} s.`, 'after the time that the header names');
});
