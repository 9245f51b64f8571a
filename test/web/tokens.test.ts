import t from 'tap';
import { systemClock } from '../../src/clock.js';
import { sanitizeText } from '../../src/sanitize/index.js';
import { createApiClients } from '../../src/tokens/api-clients.js';
import { isTokenOf, newApiToken, tokenIdIn } from '../../src/tokens/api-token.js';
import { issueToken, LIVE_TOKENS_MAX } from '../../src/tokens/token-commands.js';
import { type HubSite, hubSite } from '../support/hub-site.js';
import { pageVisitor } from './page-visitor.js';

const PAGE = '/t/contoso/tokens';
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
const form = (more: object = {}) => ({
  formId: crypto.randomUUID(),
  name: 'Nightly report',
  days: '30',
  capabilities: ['hub.read', 'run.read'],
  ...more,
});

const shownIn = (body: string) => /<code[^>]*id="token"[^>]*>([^<]+)</.exec(body)?.[1] ?? '';
const call = (site: HubSite, token: string, url = '/api/v1/tenants/contoso/runs') =>
  site.app.inject({ url, headers: { authorization: `Bearer ${token}` } });

t.test('a token is created, used and revoked', async (t) => {
  const site = await hubSite(t);
  const { tenantId, persons } = await site.tenant('contoso', 'Contoso');
  const other = await site.tenant('fabrikam');
  await site.settle();
  const owner = await pageVisitor(site, persons.owner);
  const asked = form();
  const made = await owner.post(`${PAGE}/create`, asked);
  t.equal(made.statusCode, 201, made.body);
  t.match(made.headers['cache-control'], 'no-store');
  const token = shownIn(made.body);
  const tokenId = tokenIdIn(token) ?? '';

  t.test('its creation is recorded, and only its hash is stored', async (t) => {
    const issued = site.builder.log.events.at(-1);
    t.match(issued, {
      type: 'ApiTokenIssued',
      data: { tokenId, name: 'Nightly report', capabilities: ['hub.read', 'run.read'] },
      metadata: { actorKind: 'member', actorId: persons.owner },
    });
    const secret = token.slice(-43);
    t.notMatch(JSON.stringify(site.builder.log.events), secret, 'not in the log');
    const rows = await site.database.db.selectFrom('opsledger.api_tokens').selectAll().execute();
    t.equal(rows.length, 1);
    t.notMatch(JSON.stringify(rows), secret, 'not in the database');
    t.notMatch((await owner.get(PAGE)).body, secret, 'not on any later page');
  });

  t.test('it gives its capabilities, in its own tenant only', async (t) => {
    t.equal((await call(site, token)).statusCode, 200);
    const start = await site.app.inject({
      method: 'POST',
      url: '/api/v1/tenants/contoso/runs',
      headers: { authorization: `Bearer ${token}` },
      payload: { type: 'inventory.sync', input: {} },
    });
    t.equal(start.statusCode, 403, 'it may not start');
    t.equal((await call(site, token, '/api/v1/tenants/fabrikam/runs')).statusCode, 403);
    t.equal(
      (await site.app.inject({ url: PAGE, headers: { authorization: `Bearer ${token}` } })).statusCode,
      303,
    );
  });

  t.test('its page says when it was used', async (t) => {
    const { body } = await owner.get(PAGE);
    t.match(body, 'Nightly report');
    t.match(body, 'Owner of Contoso');
    t.match(body, 's ago');
  });

  t.test('the same form sent again makes no second token', async (t) => {
    const again = await owner.post(`${PAGE}/create`, asked);
    t.equal(again.statusCode, 409);
    t.match(again.body, 'made already');
    t.equal(shownIn(again.body), '');
  });

  t.test('a token with any character changed is refused', async (t) => {
    for (const at of [0, 12, token.length - 5]) {
      const changed = token.slice(0, at) + (token[at] === 'a' ? 'b' : 'a') + token.slice(at + 1);
      t.equal((await call(site, changed)).statusCode, 401, changed);
    }
    t.equal((await call(site, `${token}a`)).statusCode, 401);
    t.equal((await call(site, newApiToken(tokenId))).statusCode, 401, 'another secret for the same id');
  });

  t.test('it can’t be revoked from another tenant or without the right', async (t) => {
    const foreign = await pageVisitor(site, other.persons.owner);
    t.equal((await foreign.post('/t/fabrikam/tokens/revoke', { token: tokenId })).statusCode, 403);
    t.equal((await foreign.post(`${PAGE}/revoke`, { token: tokenId })).statusCode, 403);
    const unknown = { token: crypto.randomUUID() };
    t.equal((await owner.post(`${PAGE}/revoke`, unknown)).statusCode, 404);
    const manager = await pageVisitor(site, persons.manager);
    t.equal((await manager.post(`${PAGE}/revoke`, { token: tokenId })).statusCode, 403);
    t.equal((await call(site, token)).statusCode, 200, 'it still works');
  });

  t.test('a revoked token is refused at once', async (t) => {
    t.equal((await owner.post(`${PAGE}/revoke`, { token: tokenId })).statusCode, 303);
    t.equal((await call(site, token)).statusCode, 401);
    t.match(site.builder.log.events.at(-1), { type: 'ApiTokenRevoked', data: { tokenId } });
    t.match((await owner.get(PAGE)).body, /revoked <time/);
    const before = site.head();
    t.equal((await owner.post(`${PAGE}/revoke`, { token: tokenId })).statusCode, 303);
    t.equal(site.head(), before, 'a second time is no event');
  });

  t.test('a row restored from a backup doesn’t make it valid again', async (t) => {
    await site.database.db
      .updateTable('opsledger.api_tokens')
      .set({ revoked_at: null, expires_at: new Date(Date.now() + YEAR_MS) })
      .execute();
    t.equal((await call(site, token)).statusCode, 401);
  });

  t.test('a row that is marked as revoked is refused before the event has been read', async (t) => {
    const fresh = await site.issueToken(tenantId, 'fresh', ['hub.read']);
    t.equal((await call(site, fresh)).statusCode, 200);
    await site.database.db
      .updateTable('opsledger.api_tokens')
      .set({ revoked_at: new Date() })
      .where('token_id', '=', tokenIdIn(fresh) ?? '')
      .execute();
    t.equal((await call(site, fresh)).statusCode, 401);
  });
});

t.test('an expired token', async (t) => {
  const site = await hubSite(t);
  const { tenantId } = await site.tenant('contoso');
  const token = await site.issueToken(tenantId, 'short', ['hub.read']);
  const { db } = site.database;
  const at = (laterMs: number) =>
    createApiClients({
      db,
      directory: site.directory,
      clock: { ...systemClock, now: () => Date.now() + laterMs },
    }).authenticate(token);
  t.match(await at(0), { name: 'short', tenantId, capabilities: ['hub.read'] });
  t.match(await at(3_500_000), { name: 'short' });
  t.equal(await at(3_600_001), undefined);
});

t.test('tokens that can’t be created', async (t) => {
  const site = await hubSite(t);
  const { persons } = await site.tenant('contoso');
  await site.settle();
  const owner = await pageVisitor(site, persons.owner);
  const before = site.head();
  for (const [what, wrong] of Object.entries({
    'without a name': { name: ' ' },
    'for ever': { days: '' },
    'for more than a year': { days: '366' },
    'for no time': { days: '0' },
    'without capabilities': { capabilities: [] },
    'to manage members': { capabilities: ['members.manage'] },
    'to make tokens': { capabilities: ['hub.read', 'tokens.manage'] },
    'to restore from another tenant': { capabilities: ['restores.from_other_tenant'] },
    'for what does not exist': { capabilities: ['everything'] },
  }))
    t.equal((await owner.post(`${PAGE}/create`, form(wrong))).statusCode, 400, what);
  t.equal((await owner.post(`${PAGE}/create`, form(), 'forged')).statusCode, 403, 'from another site');
  for (const role of ['manager', 'operator', 'readonly'] as const) {
    const visitor = await pageVisitor(site, persons[role]);
    t.equal((await visitor.post(`${PAGE}/create`, form())).statusCode, 403, role);
    t.match((await visitor.get(PAGE)).body, `Your role here is ${role}; an owner can change this.`);
  }
  const tagged = await owner.post(`${PAGE}/create`, form({ name: '<b>Nightly</b>' }));
  t.equal(tagged.statusCode, 400);
  t.match(tagged.body, 'Write it without HTML tags such as &lt;b&gt;');
  t.equal(site.head(), before, 'nothing was written');
});

t.test('a secret in a token’s name is refused and not stored', async (t) => {
  const site = await hubSite(t);
  const { persons } = await site.tenant('contoso');
  const owner = await pageVisitor(site, persons.owner);
  const secret = newApiToken(crypto.randomUUID());
  const made = await owner.post(`${PAGE}/create`, form({ name: `for ${secret}`.slice(0, 100) }));
  t.equal(made.statusCode, 400);
  t.match(made.body, 'leave out');
  t.notMatch(JSON.stringify(site.builder.log.events), secret.slice(-43));
  t.notMatch((await owner.get(PAGE)).body, secret.slice(-43));
});

t.test('the number of valid tokens is limited', async (t) => {
  const site = await hubSite(t);
  const { tenantId, persons } = await site.tenant('contoso');
  const change = { actor: { kind: 'member', id: persons.owner }, correlationId: 'test' } as const;
  const now = Date.now();
  const issue = (lifetimeMs: number) =>
    issueToken(
      site.builder.ledger,
      tenantId,
      { tokenId: crypto.randomUUID(), name: 'one', capabilities: ['hub.read'], expiresAt: now + lifetimeMs },
      { ...change, now },
    );
  await issue(-1);
  for (let made = 0; made < LIVE_TOKENS_MAX; made++) await issue(YEAR_MS);
  await t.rejects(issue(YEAR_MS), /100 API tokens already/);
  const owner = await pageVisitor(site, persons.owner);
  await site.directory.waitFor(site.head(), 5000);
  t.equal((await owner.post(`${PAGE}/create`, form())).statusCode, 409);
});

t.test('a token in a text is removed by the sanitizer', (t) => {
  for (let tries = 0; tries < 50; tries++) {
    const token = newApiToken(crypto.randomUUID());
    for (const text of [
      `refused ${token} at /api`,
      `curl -H "Authorization: Bearer ${token}"`,
      `{"t":"${token}"}`,
    ])
      t.notOk(sanitizeText(text).includes(token.slice(-43)), sanitizeText(text));
  }
  t.end();
});

t.test('a token is compared with what was stored of it', (t) => {
  const token = newApiToken(crypto.randomUUID());
  t.notOk(isTokenOf(token, ''), 'nothing stored');
  t.notOk(isTokenOf(token, 'ab'.repeat(32)));
  t.equal(tokenIdIn('opsledger_short'), undefined);
  t.end();
});
