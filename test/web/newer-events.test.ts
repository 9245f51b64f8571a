import t from 'tap';
import { writeScenario } from '../support/hub-scenario.js';
import { hubSite } from '../support/hub-site.js';
import { pageVisitor } from './page-visitor.js';

/**
 * Goal: during a rolling update the older program refuses to write to a stream where a newer one has written, and says
 * so.
 */
t.test('a write to a stream with an event of a newer program is answered 503 with a sentence', async (t) => {
  const site = await hubSite(t);
  const { tenant, findings, partial } = await writeScenario(site, 'contoso', 'Contoso');
  const { tenantId, persons } = tenant;
  const { log, chance } = site.builder;
  const owner = await pageVisitor(site, persons.owner);
  t.equal((await owner.post('/me', { timeZone: 'Europe/Paris' })).statusCode, 303);
  t.equal((await owner.post('/t/contoso/inventory/start', {})).statusCode, 303);
  const mark = { notification: `${partial}.queued`, all: 'yes' };
  await site.settle();
  const unread = async () => {
    const { body } = await owner.get('/t/contoso/notifications');
    const count = /<span id="unread" class="count">\s*(\d*)/.exec(body)?.[1];
    return {
      count,
      rows: body.match(/class="row unread"/g)?.length ?? 0,
      button: body.includes('Mark all read'),
    };
  };
  t.match(await unread(), { count: /\d/, button: true });
  t.equal((await owner.post('/t/contoso/notifications/read', mark)).statusCode, 303);
  await site.settle();
  t.same(await unread(), { count: '', rows: 0, button: false });

  const streams = new Set(log.events.map(({ stream }) => stream));
  streams.add(`finding-${tenantId}.${findings[0]}`);
  for (const stream of streams) {
    const isOwn = stream.startsWith('person-');
    if (!isOwn && (!stream.includes(tenantId) || stream.startsWith('tenant-'))) continue;
    const revision = log.events.filter((event) => event.stream === stream).length - 1;
    const event = { id: chance.uuid(), type: 'WrittenByANewerProgram', data: {}, metadata: {} };
    await log.append(stream, [event], revision);
  }
  const writes: Record<string, Record<string, string>> = {
    '/t/contoso/inventory/start': {},
    '/me': { timeZone: 'Europe/Berlin' },
    '/t/contoso/notifications/read': mark,
    [`/t/contoso/drift/findings/${findings[0]}/acknowledge`]: { note: '' },
  };
  for (const [path, form] of Object.entries(writes)) {
    const answer = await owner.post(path, form);
    t.equal(answer.statusCode, 503, path);
    t.match(answer.body, /A newer version of the program has written here/, path);
    t.ok(answer.headers['retry-after'], path);
  }
});

t.test('a tenant with an event of a newer program can’t be opened, and the answer says why', async (t) => {
  const site = await hubSite(t);
  const { tenant } = await writeScenario(site, 'contoso', 'Contoso');
  const other = await site.tenant('fabrikam', 'Fabrikam');
  const { log, chance } = site.builder;
  const token = await site.issueToken(tenant.tenantId, 'a token', ['hub.read']);
  const stream = `tenant-${tenant.tenantId}`;
  const revision = log.events.filter((event) => event.stream === stream).length - 1;
  const unknown = { id: chance.uuid(), type: 'RoleInvented', data: {}, metadata: {} };
  await log.append(stream, [unknown], revision);
  await site.directory.waitFor(site.head(), 10_000);

  const owner = await pageVisitor(site, tenant.persons.owner);
  const foreign = await pageVisitor(site, other.persons.owner);
  for (const visitor of [owner, foreign])
    for (const path of ['operations', 'members', 'drift']) {
      const answer = await visitor.get(`/t/contoso/${path}`);
      t.equal(answer.statusCode, 503, path);
      t.match(answer.body, /can’t tell who may enter/);
    }
  t.equal((await owner.post('/t/contoso/inventory/start', {})).statusCode, 503);
  const client = { authorization: `Bearer ${token}` };
  t.equal((await site.app.inject({ url: '/api/v1/tenants/contoso/runs', headers: client })).statusCode, 503);
  t.equal((await foreign.get('/t/fabrikam/operations')).statusCode, 200, 'other tenants go on');
});
