import t from 'tap';
import { writeScenario } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';

/** Goal: the API has the commands of the pages, with the same rules. */

const site = await hubSite(t);
const { tenant, findings } = await writeScenario(site, 'contoso', 'Contoso');
const other = await writeScenario(site, 'fabrikam', 'Fabrikam');
const [fingerprint = ''] = findings;
const reviewer = await site.issueToken(tenant.tenantId, 'reviewer', ['findings.review', 'audit.read']);

async function command(name: string, body: object, so: { token?: string; slug?: string } = {}) {
  const { token = reviewer, slug = 'contoso' } = so;
  const answer = await site.app.inject({
    method: 'POST',
    url: `/api/v1/tenants/${slug}/commands/${name}`,
    headers: { authorization: `Bearer ${token}` },
    payload: body,
  });
  return { status: answer.statusCode, body: answer.json() };
}

t.test('a command that is sent twice changes once', async (t) => {
  const before = site.head();
  const first = await command('finding.acknowledge', { fingerprint, note: 'Planned for May.' });
  t.same(first, { status: 200, body: { position: before + 1 } });
  t.same(await command('finding.acknowledge', { fingerprint, note: 'Planned for May.' }), first);
  t.equal(site.head(), before + 1);
  t.match(site.builder.log.events.at(-1), {
    type: 'FindingAcknowledged',
    data: { note: 'Planned for May.' },
    metadata: { actorKind: 'api' },
  });
  await site.settle();
  const { json } = await site.app.inject({
    url: '/api/v1/tenants/contoso/audit',
    headers: { authorization: `Bearer ${reviewer}` },
  });
  t.match(json(), { entries: [{ act: 'FindingAcknowledged', subject: { id: fingerprint } }] });
  t.match(await command('finding.reopen', { fingerprint, note: null }), { status: 200 });
});

t.test('a command that is forbidden or invalid changes nothing', async (t) => {
  const before = site.head();
  const acknowledge = (given: object, so?: { token?: string; slug?: string }) =>
    command('finding.acknowledge', { note: null, ...given }, so);
  const reading = await site.issueToken(tenant.tenantId, 'reading', ['hub.read']);
  t.match(await acknowledge({ fingerprint }, { token: reading }), { status: 403 });
  t.match(await acknowledge({ fingerprint }, { token: 'no-token' }), { status: 401 });
  t.match(await acknowledge({ fingerprint }, { slug: 'fabrikam' }), { status: 403 }, 'a foreign tenant');
  t.match(await acknowledge({ fingerprint: other.findings[1] }), { status: 403 }, 'a foreign finding');
  t.match(await acknowledge({ fingerprint: 'ab'.repeat(16) }), {
    status: 404,
    body: { error: { code: 'not_found', message: 'There is no finding with this id.' } },
  });
  t.match(await acknowledge({ fingerprint: 'short' }), {
    status: 422,
    body: { error: { code: 'unprocessable', message: /is not a fingerprint/ } },
  });
  t.match(await acknowledge({ fingerprint, more: 1 }), { status: 422 });
  t.match(await command('finding.destroy', { fingerprint }), { status: 404 });
  const appended = site.builder.log.events.slice(before + 1).map(({ type }) => type);
  t.same(appended, ['ApiTokenIssued'], 'the token of this test');
});

t.test('an id that was made a moment ago is never reported as unknown', async (t) => {
  const keeper = await site.issueToken(tenant.tenantId, 'keeper', ['backups.manage']);
  const setId = '5f0c2a7e-95f5-4b93-9ef0-3f6b6f9f3c11';
  const rename = () => command('backup_set.rename', { setId, name: 'Nightly' }, { token: keeper });
  await site.settle();
  await site.projector.stop();
  const made = await command('backup_set.create', { setId, name: 'New' }, { token: keeper });
  t.match(made, { status: 200 });
  t.match(await rename(), { status: 503, body: { error: { message: /Try again in a moment/ } } });
  const asked = rename();
  site.projector.start();
  t.match(await asked, { status: 200 });
});
