import t from 'tap';
import { tenantStream } from '../../../src/tenancy/tenant-events.js';
import { csrfTokenOf } from '../../../src/web/auth/csrf.js';
import { writeScenario } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { openLive } from '../../support/live-client.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Goal: a stream ends with the reader's access, and never prevents the server from closing. */
t.test('a stream ends with its session, with the role, and with the server', async (t) => {
  const site = await hubSite(t);
  const { tenant, running } = await writeScenario(site, 'contoso', 'Contoso');
  const address = await site.app.listen({ host: '127.0.0.1', port: 0 });
  const open = async (personId: string) => {
    const cookie = await site.cookieOf(personId);
    const live = await openLive(address, cookie, [`/t/contoso/operations?position=${site.head()}`]);
    t.equal(live.status, 200);
    return { cookie, live };
  };

  const signedOut = await open(tenant.persons.operator);
  await fetch(`${address}/signout`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: signedOut.cookie, ...FORM },
    body: `_csrf=${csrfTokenOf(signedOut.cookie.split('=')[1] ?? '')}`,
  });
  await signedOut.live.untilEnd();
  t.pass('ended by signing out');

  const elsewhere = await open(tenant.persons.manager);
  await site.database.db
    .deleteFrom('opsledger.sessions')
    .where('person_id', '=', tenant.persons.manager)
    .execute();
  await elsewhere.live.untilEnd();
  t.pass('ended by signing out in another process, which only the database tells');

  const removed = await open(tenant.persons.readonly);
  await site.builder.append(
    tenantStream(tenant.tenantId),
    [{ type: 'MemberRemoved', data: { personId: tenant.persons.readonly } }],
    { tenantId: tenant.tenantId },
  );
  await site.directory.waitFor(site.head(), 10_000);
  await site.builder.toRun(tenant.tenantId, running, {
    type: 'RunProgressNoted',
    data: { note: 'a secret' },
  });
  t.match(await removed.live.next('ended'), { view: 0, status: 403 });
  await removed.live.close();
  t.pass('ended by losing the role');

  const last = await open(tenant.persons.owner);
  await site.app.close();
  await last.live.untilEnd();
  t.pass('ended by the server, which closed');
});

t.test('a stream shows each page under the page’s own access', async (t) => {
  const site = await hubSite(t);
  const own = await writeScenario(site, 'contoso', 'Contoso');
  const foreign = await writeScenario(site, 'fabrikam', 'Fabrikam');
  const address = await site.app.listen({ host: '127.0.0.1', port: 0 });
  const { persons } = own.tenant;
  const at = '?position=-1';
  const asked: readonly (readonly [keyof typeof persons, string, number])[] = [
    ['operator', `/t/contoso/operations${at}`, 200],
    ['operator', `/t/contoso/runs/${own.partial}/history${at}`, 200],
    ['operator', `/t/fabrikam/operations${at}`, 403],
    ['operator', `/t/contoso/runs/${foreign.partial}${at}`, 403],
    ['operator', `/t/nobody/operations${at}`, 404],
    ['operator', `/t/contoso/members${at}`, 404],
    ['operator', `/t/contoso/runs/%zz${at}`, 404],
    ['operator', `/t/contoso/operations?initiator=a%00b&position=-1`, 404],
    ['support', `/t/contoso/operations${at}`, 403],
    ['support', `/t/contoso/runs/${own.partial}/history${at}`, 403],
    ['support', `/t/contoso/failures${at}`, 200],
  ];
  for (const [role, view, status] of asked) {
    const live = await openLive(address, await site.cookieOf(persons[role]), [view]);
    t.match(
      await live.next(status === 200 ? 'view' : 'ended'),
      status === 200 ? { view: 0, html: /hx-partial/ } : { view: 0, status },
      `${role} ${view}`,
    );
    await live.close();
  }
  const anonymous = await openLive(address, 'opsledger_session=nobody', [`/t/contoso/operations${at}`]);
  t.equal(anonymous.status, 401);
  const { app } = site;
  for (const method of ['HEAD', 'GET'] as const)
    t.equal((await app.inject({ method, url: '/live' })).statusCode, 405, `${method} holds nothing open`);
});
