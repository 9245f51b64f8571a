import t from 'tap';
import { writeScenario } from '../support/hub-scenario.js';
import { hubSite } from '../support/hub-site.js';
import { openLive } from '../support/live-client.js';
import { pageVisitor } from './page-visitor.js';

t.test('text that can’t be stored is refused with a sentence, on every route', async (t) => {
  const site = await hubSite(t);
  const { tenant } = await writeScenario(site, 'contoso', 'Contoso');
  const cookie = await site.cookieOf(tenant.persons.owner);
  const token = await site.issueToken(tenant.tenantId, 'everything', ['hub.read', 'run.read', 'runs.start']);
  for (const { method, url } of site.app.declaredRoutes) {
    if (method !== 'GET' || url.includes('*')) continue;
    const withNul = url
      .replace(':tenant', 'contoso')
      .replace(/:\w+/g, 'a%00b')
      .concat(url.match(/:(?!tenant)\w/) ? '' : '?initiator=a%00b&before=%00');
    const headers = url.startsWith('/api') ? { authorization: `Bearer ${token}` } : { cookie };
    const answer = await site.app.inject({ method: 'GET', url: withNul, headers });
    t.equal(answer.statusCode, 400, withNul);
  }
  const visitor = await pageVisitor(site, tenant.persons.owner);
  const form = await visitor.post('/t/contoso/members/set', { person: 'a\0b', role: 'operator' });
  t.equal(form.statusCode, 400);
  t.match(form.body, /Remove it and try again/);
  const json = await site.app.inject({
    method: 'POST',
    url: '/api/v1/tenants/contoso/runs',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    payload: '{"type":"inventory.sync","input":{"policyTypes":["\\ud800"]}}',
  });
  t.equal(json.statusCode, 400, 'half of a surrogate pair, inside JSON');
});

t.test('a filter shows no names of persons of other tenants', async (t) => {
  const site = await hubSite(t);
  const { tenant } = await writeScenario(site, 'contoso', 'Contoso');
  const other = await site.tenant('fabrikam', 'Fabrikam');
  const visitor = await pageVisitor(site, tenant.persons.operator);
  const foreign = await visitor.get(`/t/contoso/operations?initiator=${other.persons.owner}`);
  t.equal(foreign.statusCode, 200);
  t.notMatch(foreign.body, 'Owner of Fabrikam');
  const own = await visitor.get(`/t/contoso/operations?initiator=${tenant.persons.manager}`);
  t.match(own.body, 'Manager of Contoso');
});

t.test('a token can’t read the history of a run that it can’t read', async (t) => {
  const site = await hubSite(t);
  const { tenant, inventories, partial } = await writeScenario(site, 'contoso', 'Contoso');
  const [succeeded] = inventories;
  const token = await site.issueToken(tenant.tenantId, 'narrow', [
    'history.read',
    'run.read',
    'features.read',
  ]);
  for (const part of ['', '/history', '/items', '/findings']) {
    const read = (run: string) =>
      site.app.inject({ url: `/api/v1/runs/${run}${part}`, headers: { authorization: `Bearer ${token}` } });
    t.equal((await read(succeeded)).statusCode, 403, `a run without failures${part}`);
    t.equal((await read(partial)).statusCode, 200, `one with failures${part}`);
  }
});

t.test('a token without the right to histories reads the run and not its history', async (t) => {
  const site = await hubSite(t);
  const { tenant, partial } = await writeScenario(site, 'contoso', 'Contoso');
  const token = await site.issueToken(tenant.tenantId, 'reader', ['hub.read', 'run.read']);
  const read = (part: string) =>
    site.app.inject({ url: `/api/v1/runs/${partial}${part}`, headers: { authorization: `Bearer ${token}` } });
  t.equal((await read('')).statusCode, 200);
  t.equal((await read('/history')).statusCode, 403);
});

t.test('support staff don’t see the titles of runs that they can’t open', async (t) => {
  const site = await hubSite(t);
  const { tenant, failed, partial } = await writeScenario(site, 'contoso', 'Contoso');
  const { builder } = site;
  const caused = { title: 'A quiet success', causedBy: { runId: failed, relation: 'start again' } };
  const open = { title: 'Another failure', causedBy: { runId: failed, relation: 'start again' } };
  const quiet = await builder.queue(tenant.tenantId, builder.chance.hex(32), caused);
  const loud = await builder.queue(tenant.tenantId, builder.chance.hex(32), open);
  await builder.toRun(tenant.tenantId, quiet, {
    type: 'RunStarted',
    data: { attempt: 1, worker: 'worker w-1' },
  });
  await builder.toRun(tenant.tenantId, loud, {
    type: 'RunFailed',
    data: {
      reasonCode: 'unexpected',
      reason: 'It broke.',
      counts: { total: null, processed: 0, succeeded: 0, failed: 0, skipped: 0 },
    },
  });
  await site.settle();
  const support = await pageVisitor(site, tenant.persons.support);
  const seen = await support.get(`/t/contoso/runs/${failed}`);
  t.notMatch(seen.body, 'A quiet success');
  t.match(seen.body, 'Another failure');
  const operator = await pageVisitor(site, tenant.persons.operator);
  t.match((await operator.get(`/t/contoso/runs/${failed}`)).body, 'A quiet success');
  t.equal((await support.get(`/t/contoso/runs/${partial}`)).statusCode, 200);
});

t.test('a stream ends when another process ends its session', async (t) => {
  const site = await hubSite(t);
  const { tenant } = await writeScenario(site, 'contoso', 'Contoso');
  const address = await site.app.listen({ host: '127.0.0.1', port: 0 });
  const cookie = await site.cookieOf(tenant.persons.operator);
  const live = await openLive(address, cookie, [`/t/contoso/operations?position=${site.head()}`]);
  t.equal(live.status, 200);
  // Another process deletes the session like this when somebody signs out there.
  await site.database.db.deleteFrom('opsledger.sessions').execute();
  await live.untilEnd();
  t.pass('ended');
});
