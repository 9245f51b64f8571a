import t from 'tap';
import { tenantStream } from '../../../src/ledger/streams.js';
import { csrfTokenOf } from '../../../src/web/auth/csrf.js';
import { writeScenario } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Goal: a stream lasts no longer than the right to it, and never keeps the server from closing. */
t.test('a stream ends with its session, with the role, and with the server', async (t) => {
  const site = await hubSite(t);
  const { tenant, running } = await writeScenario(site, 'contoso', 'Contoso');
  const address = await site.app.listen({ host: '127.0.0.1', port: 0 });
  const open = async (personId: string) => {
    const cookie = await site.cookieOf(personId);
    const response = await fetch(`${address}/t/contoso/operations/live?position=${site.head()}`, {
      headers: { cookie },
    });
    t.equal(response.status, 200);
    return { cookie, ended: response.text() };
  };

  const signedOut = await open(tenant.persons.operator);
  await fetch(`${address}/signout`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: signedOut.cookie, ...FORM },
    body: `_csrf=${csrfTokenOf(signedOut.cookie.split('=')[1] ?? '')}`,
  });
  await signedOut.ended;
  t.pass('ended by signing out');

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
  t.notMatch(await removed.ended, /a secret/, 'ended by losing the role, without another word');

  const last = await open(tenant.persons.owner);
  await site.app.close();
  await last.ended;
  t.pass('ended by the server, which closed');
});
