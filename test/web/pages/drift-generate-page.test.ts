import t from 'tap';
import type { Finding } from '../../../src/operations/drift-generate/drift-events.js';
import { changeWith, evidenceWith, findingWith } from '../../support/finding-builder.js';
import { completed, itemOf, type Scenario, writeScenario } from '../../support/hub-scenario.js';
import { type HubSite, hubSite } from '../../support/hub-site.js';
import { openLive } from '../../support/live-client.js';
import { pageVisitor } from '../page-visitor.js';

const SCOPE = '0123456789abcdef0123456789abcdef';
const fingerprintsOf = (...findings: Finding[]) => findings.map(({ fingerprint }) => fingerprint);

/** A comparison of the scenario's two inventories that detected these findings. */
async function compare(site: HubSite, { tenant, inventories }: Scenario, ...findings: Finding[]) {
  const { builder } = site;
  const [baselineRunId, currentRunId] = inventories;
  const context = { scopeKey: SCOPE, baselineRunId, currentRunId };
  const runId = await builder.queue(tenant.tenantId, builder.chance.hex(32), {
    type: 'drift.generate',
    context,
  });
  const items = [itemOf('Firewall', 'succeeded'), itemOf('BitLocker', 'skipped')];
  await builder.toRun(tenant.tenantId, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'w' } });
  if (findings.length > 0)
    await builder.toRun(tenant.tenantId, runId, {
      type: 'FindingsDetected',
      data: { ...context, rulesVersion: 2, findings },
    });
  await builder.toRun(tenant.tenantId, runId, { type: 'RunItemsRecorded', data: { items } });
  await builder.toRun(tenant.tenantId, runId, completed(items, '2 findings in 1 policy, 1 not comparable'));
  await site.settle();
  return runId;
}

t.test('the drift page shows the newest comparison, and a run’s page its own', async (t) => {
  const site = await hubSite(t);
  const scenario = await writeScenario(site, 'contoso', 'Contoso');
  const { chance } = site.builder;
  const visitor = await pageVisitor(site, scenario.tenant.persons.operator);
  const page = async (url: string) => (await visitor.get(`/t/contoso${url}`)).body;
  t.match(await page('/drift'), 'Win - OIB - BitLocker');

  const again = findingWith({ itemId: 'p', fingerprint: scenario.findings[0] ?? '', name: 'Still there' });
  const fresh = findingWith({ itemId: 'q', fingerprint: chance.hex(32), name: 'Newly found' });
  const address = await site.app.listen({ host: '127.0.0.1', port: 0 });
  const [liveAddress = ''] = /\/t\/contoso\/drift\?newest=[^"]+/.exec(await page('/drift')) ?? [];
  const live = await openLive(address, await site.cookieOf(scenario.tenant.persons.operator), [
    liveAddress.replaceAll('&amp;', '&'),
  ]);
  const runId = await compare(site, scenario, again, fresh);
  while (!(await live.next('view'))?.html?.includes('1 new comparison'));
  await live.close();
  t.pass('an open page announces new findings');
  const newest = await page('/drift');
  t.match(newest, 'Still there');
  t.match(newest, 'Newly found');
  t.notMatch(
    newest,
    'Win - OIB - Firewall',
    'a finding that the newest comparison doesn’t have is not listed',
  );
  t.match(newest, '2 findings in 1 policy, 1 not comparable');
  t.match(newest, `/runs/${runId}/items?outcome=skipped`);
  t.match(newest, 'Not compared: the installation files of apps');
  t.match(await page('/drift?history=yes'), 'Win - OIB - Firewall');
  const run = await page(`/runs/${runId}`);
  t.match(run, 'Newly found');
  t.match(run, `/drift/findings/${fresh.fingerprint}`);
  const earlier = await page(`/drift?run=${scenario.drift}`);
  t.match(earlier, 'Win - OIB - Firewall');

  await compare(site, scenario);
  t.match(
    await page('/drift'),
    /nothing changed\s+in what could be compared/,
    'the sentence is only about the policies that were compared',
  );
});

t.test('many findings are acknowledged at once, each with the note', async (t) => {
  const site = await hubSite(t);
  const scenario = await writeScenario(site, 'contoso', 'Contoso');
  const other = await writeScenario(site, 'fabrikam', 'Fabrikam');
  const { chance } = site.builder;
  const three = ['One', 'Two', 'Three'].map((name) =>
    findingWith({ itemId: name, fingerprint: chance.hex(32), name }),
  );
  await compare(site, scenario, ...three);
  const visitor = await pageVisitor(site, scenario.tenant.persons.operator);
  const [one = '', two = '', third = ''] = fingerprintsOf(...three);
  const form = (await visitor.get('/t/contoso/drift')).body;
  for (const fingerprint of [one, two, third])
    t.match(form, `<input type="checkbox" name="finding" value="${fingerprint}"`);

  const send = (finding: string[], more = {}) =>
    visitor.post('/t/contoso/drift/acknowledge', { finding, ...more });
  t.equal((await send([])).statusCode, 400, 'none was chosen');
  t.equal((await send([one, other.findings[0] ?? ''])).statusCode, 403, 'a finding of another tenant');
  t.equal((await send([one, 'f'.repeat(32)])).statusCode, 404, 'an unknown finding');
  t.equal((await send([one], { back: '//elsewhere' })).statusCode, 400);
  t.match(
    (await visitor.get(`/t/contoso/drift/findings/${one}`)).body,
    /Status: <strong>new/,
    'nothing was changed',
  );

  const sent = await send([one, two], { note: 'a change window', back: 'status=new' });
  t.equal(sent.statusCode, 303);
  t.equal(sent.headers.location, '/t/contoso/drift?status=new');
  for (const fingerprint of [one, two]) {
    const finding = (await visitor.get(`/t/contoso/drift/findings/${fingerprint}`)).body;
    t.match(finding, /Status: <strong>acknowledged/);
    t.match(finding, 'a change window');
  }
  const left = (await visitor.get('/t/contoso/drift?status=new')).body;
  t.match(left, third);
  t.notMatch(left, one);
  const reader = await pageVisitor(site, scenario.tenant.persons.readonly);
  t.equal((await reader.post('/t/contoso/drift/acknowledge', { finding: [third] })).statusCode, 403);
  t.notMatch((await reader.get('/t/contoso/drift')).body, 'type="checkbox" name="finding"');
});

t.test('a finding has sentences for facts that its values don’t show', async (t) => {
  const site = await hubSite(t);
  const scenario = await writeScenario(site, 'contoso', 'Contoso');
  const { chance } = site.builder;
  const counterpart = findingWith({
    itemId: 'i',
    fingerprint: chance.hex(32),
    kind: 'removed',
    policyType: 'intents',
  });
  const at = { character: 12_345, line: 300, before: null, after: null };
  const page = 'https://intranet.example/page/0699, the page after it and another';
  const evidence = evidenceWith({
    settingsChanged: [
      changeWith({ path: 'servers', before: ['a'], after: ['b'], words: ['order_changed'] }),
      changeWith({ path: 'text', label: 'Long text', before: ['a'], after: ['b'], words: ['excerpt'], at }),
      changeWith({
        path: 'long',
        before: [`${page}<policy name="V"/>${page}`],
        after: [`${page}<policy name="Z"/>${page}`],
      }),
      changeWith({
        path: 'cut',
        before: [`${page}…`],
        after: [`${page.slice(0, 48)} ${page.slice(48, -3)}…`],
      }),
      changeWith({ path: 'list', before: ['a'], after: ['b'], words: ['part_of_list'], unchanged: 299 }),
      changeWith({ path: 'mail', before: ['x'], after: ['x'], words: ['differs_where_masked'] }),
      changeWith({
        path: 'ssid',
        before: ['x'],
        after: ['x'],
        words: ['looks_alike'],
        at: { character: 2, line: 1, before: 'U+0020', after: 'U+00A0' },
      }),
      changeWith({ path: 'pin', before: ['"[masked]"'], after: ['"[masked]"'], words: ['secret'] }),
    ],
    assignmentsChanged: [
      { target: 'all devices', parts: [{ name: 'schedule', before: 'daily', after: null }] },
    ],
    withheld: ['omaSettings/./Key/value'],
    notCompared: ['rootCertificatesForServerValidation'],
  });
  const { fingerprint, policyType, subjectId } = counterpart;
  const moved = findingWith({
    itemId: 'c',
    fingerprint: chance.hex(32),
    kind: 'added',
    name: '[redacted:email]',
    nameBefore: '[redacted:email]',
    counterparts: [{ fingerprint, policyType, subjectId }],
    evidence,
  });
  await compare(site, scenario, counterpart, moved);
  const visitor = await pageVisitor(site, scenario.tenant.persons.readonly);
  const { body } = await visitor.get(`/t/contoso/drift/findings/${moved.fingerprint}`);
  for (const text of [
    'Order changed',
    'Shown around the first difference: line 300, character 12,345.',
    '<strong>Long text</strong>',
    '&lt;policy name=&quot;<mark>V</mark>&quot;',
    '&lt;policy name=&quot;<mark>Z</mark>&quot;',
    `${page.slice(0, 48)}<mark> </mark>${page.slice(48, 60)}`,
    '299 more did not change',
    'The two differ where something was masked.',
    'character 2, U+0020 became U+00A0',
    'This is a secret, so both sides are masked.',
    'all devices: <strong>schedule</strong>',
    'Graph answers a handle in its place',
    'omaSettings/./Key/value',
    'rootCertificatesForServerValidation',
    'the two names differ where something is masked',
    `/drift/findings/${fingerprint}">moved</a>`,
  ])
    t.ok(body.includes(text), text);
});
