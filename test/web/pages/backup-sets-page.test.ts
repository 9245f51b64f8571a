import t from 'tap';
import { writeBackupSet } from '../../support/backup-scenario.js';
import { writeScenario } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { pageVisitor } from '../page-visitor.js';

/** Goal: a set's pages show its policies, the missing ones with their reason, and what each role may do. */
const site = await hubSite(t);
const { tenant, findings } = await writeScenario(site, 'contoso', 'Contoso');
const setId = await writeBackupSet(site, tenant);
const { persons, tenantId } = tenant;
const FORM = '22222222-2222-4222-8222-222222222222';
const textOf = (html: string) =>
  html
    .slice(html.indexOf('<main'))
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

t.test('a set shows its totals, its policies, and the missing ones with their reason', async (t) => {
  const operator = await pageVisitor(site, persons.operator);
  const list = textOf((await operator.get('/t/contoso/backup-sets')).body);
  t.match(list, /Before the new Wi-Fi 3 2 secrets withheld 25 kB Operator of Contoso/);
  const page = textOf((await operator.get(`/t/contoso/backup-sets/${setId}`)).body);
  t.match(page, 'Made by Operator of Contoso');
  t.match(page, /Missing 1 policy .*Win - OIB - Certificates .*graph_forbidden Graph answered 403/);
  t.match(page, /Win - OIB - Wi-Fi .*2 secrets withheld without scope tags/);
  const filtered = textOf((await operator.get(`/t/contoso/backup-sets/${setId}?withheld=yes`)).body);
  t.notMatch(filtered, 'OIB - VPN');
  t.match((await operator.get(`/t/contoso/backup-sets/${setId}?q=vpn`)).body, 'OIB - VPN');
});

t.test('what is missing is backed up again by the run that could not read it', async (t) => {
  const operator = await pageVisitor(site, persons.operator);
  const page = (await operator.get(`/t/contoso/backup-sets/${setId}`)).body;
  const [, again = ''] = /formaction="([^"]*)"\s*>Start again: Backup of 4 policies/.exec(page) ?? [];
  const started = await operator.post(again, {});
  t.match(started.headers.location, /\/runs\/[0-9a-f]{32}-0/, started.body.slice(0, 300));
  await site.settle();
  const run = textOf((await operator.get(String(started.headers.location))).body);
  t.match(run, /Caused by .*Backup of 4 policies/i, 'which is its cause');
  const found = await operator.post(again.replace(/runs\/[^/]+/, `runs/${findings[0]}`), {});
  t.equal(found.statusCode, 404, 'a run of another kind');
});

t.test('a set is made, renamed and expired with a reason, once for each form', async (t) => {
  const operator = await pageVisitor(site, persons.operator);
  const made = await operator.post('/t/contoso/backup-sets/create', { formId: FORM, name: 'Second' });
  const address = String(made.headers.location);
  const again = await operator.post('/t/contoso/backup-sets/create', { formId: FORM, name: 'Second' });
  t.equal(again.headers.location, address);
  t.equal((await operator.post(`${address}/rename`, { name: '<b>Renamed</b>' })).statusCode, 400);
  const secret = await operator.post(`${address}/rename`, { name: 'for password=hunter2hunter2' });
  t.equal(secret.statusCode, 400);
  t.match(textOf(secret.body), 'Names are kept for good: leave out what a key');
  t.equal((await operator.post(`${address}/rename`, { name: 'for [redacted:password]' })).statusCode, 303);
  t.match((await operator.get(address)).body, /<h1>for .*<span class="chip" title=.*>redacted: /s);
  const refused = await operator.post(`${address}/expire`, { reason: ' ' });
  t.equal(refused.statusCode, 400);
  t.match(textOf(refused.body), 'needs a reason');
  await operator.post(`${address}/expire`, { reason: 'The change went well' });
  const expired = (await operator.get(address)).body;
  t.match(textOf(expired), /Expired by Operator of Contoso, .*“The change went well”/);
  t.match(textOf(expired), 'This set has expired. Make another one to keep more.');
  const add = { formId: FORM, set: address.split('/').at(-1) ?? '', what: 'tenant' };
  t.match(textOf((await operator.post('/t/contoso/back-up', add)).body), 'has expired. Make another one.');
});

t.test(
  'a role without the right sees why; another tenant’s set answers 403, an unknown one 404',
  async (t) => {
    const reader = await pageVisitor(site, persons.readonly);
    const why = /Your role here is readonly; an operator can (do|start) this/;
    for (const page of ['back-up', 'backup-sets', `backup-sets/${setId}`, `drift/findings/${findings[0]}`])
      t.match(textOf((await reader.get(`/t/contoso/${page}`)).body), why, page);
    t.equal((await reader.post('/t/contoso/back-up', { formId: FORM, what: 'tenant' })).statusCode, 403);
    const fabrikam = await site.tenant('fabrikam', 'Fabrikam');
    const stranger = await pageVisitor(site, fabrikam.persons.owner);
    t.equal((await stranger.get(`/t/fabrikam/backup-sets/${setId}`)).statusCode, 403);
    t.equal((await stranger.get(`/t/fabrikam/backup-sets/${tenantId}`)).statusCode, 404);
  },
);

t.test('policies are chosen by name, by type and by findings, and go into a new set', async (t) => {
  const operator = await pageVisitor(site, persons.operator);
  const offered = (await operator.get('/t/contoso/back-up?q=vpn')).body;
  const keys = [...offered.matchAll(/name="policies" value="([0-9a-f]{32})"/g)].map(([, key]) => key ?? '');
  t.equal(keys.length, 1);
  const sent = { formId: FORM.replace(/2/g, '3'), set: '', what: 'chosen', policies: keys };
  const unnamed = await operator.post('/t/contoso/back-up', { ...sent, name: '' });
  t.match(textOf(unnamed.body), 'A new set needs a name.');
  t.match(
    unnamed.body,
    `value="${keys[0]}" aria-label="Win - OIB - VPN" checked`,
    'what was ticked stays so',
  );
  const none = await operator.post('/t/contoso/back-up', { ...sent, name: 'Some', policies: [] });
  t.match(textOf(none.body), 'Choose at least one policy.');
  const started = await operator.post('/t/contoso/back-up', { ...sent, name: 'Some' });
  t.match(started.headers.location, /\/runs\/[0-9a-f]{32}-0/, started.body.slice(0, 300));
  await site.settle();
  const run = (await operator.get(String(started.headers.location))).body;
  t.match(textOf(run), 'Backup of 1 policy into “Some”');
  t.match(textOf(run), 'choice: from list, policies Win - OIB - VPN');
  t.match(run, /href="\/t\/contoso\/backup-sets\/[0-9a-f-]{36}"/, 'the run leads to its set');
  t.match(textOf((await operator.get('/t/contoso/back-up?type=intents')).body), 'No known policy matches');
  t.equal((await operator.get('/t/contoso/back-up?findings=yes')).statusCode, 200);
});
