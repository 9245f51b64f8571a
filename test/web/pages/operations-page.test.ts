import t from 'tap';
import { memberStream } from '../../../src/tenancy/member-events.js';
import { writeScenario } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { pageVisitor } from '../page-visitor.js';

const LIST = '/t/contoso/operations';
const VIEWS = '/t/contoso/views';
const titlesIn = (html: string) =>
  [...html.matchAll(/class="row-link cut" href="[^"]*" title="([^"]*)"/g)].map(([, title]) => title);

t.test('the list is searched, filtered, named and exported', async (t) => {
  const site = await hubSite(t);
  const { tenant } = await writeScenario(site, 'contoso', 'Contoso');
  const { tenantId, persons } = tenant;
  const { builder } = site;
  const start = (title: string, more: object) =>
    builder.queue(tenantId, builder.chance.hex(32), { title, ...more });
  await start('Restore before 24H2', {
    type: 'restore.execute',
    scope: { backupSet: '0f8fad5b-d9cb-469f-a165-70867728950e' },
    context: { name: 'Größe der Schlüssel' },
    initiator: { kind: 'api', clientId: 'ci-1', name: 'Deploy pipeline' },
  });
  await start('=HYPERLINK("x"), a "formula"', {
    type: 'policy.export',
    initiator: { kind: 'schedule', scheduleId: 'nightly', name: 'Nightly export' },
  });
  await site.settle();
  const operator = await pageVisitor(site, persons.operator);
  const shown = async (query: string) => titlesIn((await operator.get(`${LIST}?${query}`)).body);

  await t.test('by words of the title, type, scope and context', async (t) => {
    for (const words of ['24h2', 'restore execute', 'BEFORE rest', '0f8fad5b-d9cb', 'größe', 'schlüss 24'])
      t.same(await shown(`q=${encodeURIComponent(words)}`), ['Restore before 24H2'], words);
    t.same(await shown('q=restore+firewall'), [], 'each word must be there');
  });

  await t.test('by several values, with and without them', async (t) => {
    t.same(await shown('type=restore.execute&type=policy.export'), [
      '=HYPERLINK(&quot;x&quot;), a &quot;formula&quot;',
      'Restore before 24H2',
    ]);
    t.same(await shown('initiator=api'), ['Restore before 24H2']);
    t.same((await shown('not_initiator=api&not_initiator=schedule&not_type=inventory.sync')).length, 1);
    t.same(await shown('reason=graph_unauthenticated'), ['Inventory of compliance policies']);
    t.notOk((await shown('not_reason=graph_unauthenticated')).includes('Inventory of compliance policies'));
    const longest = await operator.get(`${LIST}?sort=longest`);
    t.equal(longest.statusCode, 200);
  });

  await t.test('by what is typed, which becomes filters of the address', async (t) => {
    const typed = await operator.get(`${LIST}?q=${encodeURIComponent('by:deploy restore is:queued')}`);
    t.equal(typed.statusCode, 303);
    t.equal(typed.headers.location, `${LIST}?bucket=queued&initiator=ci-1&q=restore`);
    t.match(
      (await operator.get(String(typed.headers.location))).body,
      'started by <strong>Deploy pipeline</strong>',
    );
    const empty = await operator.get(`${LIST}?type=&last=24h&from=`);
    t.equal(empty.headers.location, `${LIST}?last=24h`, 'empty fields leave no parameters');
    const wrong = await operator.get(`${LIST}?q=by%3Azorro&from=5&type=policy.export`);
    t.equal(wrong.statusCode, 400);
    t.match(wrong.body, 'value="by:zorro"');
    t.match(wrong.body, 'no person, schedule or API client of that name');
    t.match(wrong.body, /id="error-from">.*“5” can’t be used. Write a day as/s);
    t.match(wrong.body, 'value="policy.export" checked', 'the others hold');
    const { suggestions } = (await operator.get(`${LIST}/suggest?word=by%3Adep`)).json();
    t.match(suggestions, [{ text: 'by:"Deploy pipeline"', runs: 1 }]);
  });

  await t.test('as a saved view', async (t) => {
    const save = (fields: Record<string, string>) => operator.post(`${VIEWS}/save`, fields);
    const saved = await save({ name: 'Restores', query: 'type=restore.execute&before=5', standard: 'yes' });
    t.equal(saved.statusCode, 303, saved.body.slice(0, 200));
    const opened = await operator.get(LIST);
    t.equal(opened.headers.location, saved.headers.location, 'the bare address opens it');
    t.match(opened.headers.location, /\?view=[0-9a-f-]{36}&type=restore.execute$/);
    const changed = await operator.get(`${opened.headers.location}&last=24h`);
    t.match(changed.body, /aria-current="page"><span>Restores<\/span><span class="changed"/);
    t.equal((await operator.get(`${LIST}?view=all`)).statusCode, 200, 'there is a way to the whole list');
    const again = await save({ name: 'RESTORES', query: '' });
    t.equal(again.statusCode, 400);
    t.match(again.body, /value="RESTORES"[^>]* aria-invalid="true" aria-describedby="error-name" autofocus/);
    const [, view = ''] = /view=([0-9a-f-]{36})/.exec(String(saved.headers.location)) ?? [];
    await operator.post(`${VIEWS}/change`, { view, act: 'rename', newName: 'Put back' });
    t.match((await operator.get(`${LIST}?view=all`)).body, '<span>Put back</span>');
    const other = await pageVisitor(site, persons.owner);
    t.notMatch((await other.get(LIST)).body, 'Put back', 'other people don’t see the view');
    t.equal((await other.post(`${VIEWS}/change`, { view, act: 'remove' })).statusCode, 409);
    const renamed = (await operator.get(LIST)).headers.location ?? '';
    const [, next = ''] = /view=([0-9a-f-]{36})/.exec(renamed) ?? [];
    const before = site.builder.log.events.length;
    for (const [place, form] of [
      ['save', { name: 'Secrets', query: 'q=password%3DSommer-2031!' }],
      ['change', { view: next, act: 'overwrite', query: 'initiator=password%3DSommer-2031!' }],
    ] as const) {
      const refused = await operator.post(`${VIEWS}/${place}`, form);
      t.equal(refused.statusCode, 400);
      t.match(refused.body, /Filters of a view are kept for good: leave out/);
    }
    t.equal(site.builder.log.events.length, before, 'a secret in a filter is not recorded');
    const old = { viewId: builder.chance.uuid(), name: 'Old', query: 'q=password%3DSommer-2031!' };
    const theirs = memberStream(tenantId, persons.manager);
    await builder.append(theirs, [{ type: 'ViewSaved', data: old }], { tenantId });
    await site.settle();
    const manager = await pageVisitor(site, persons.manager);
    const kept = await manager.post(`${VIEWS}/change`, { view: old.viewId, act: 'rename', newName: 'New' });
    t.equal(kept.statusCode, 400);
    t.match(kept.body, /leave out .*\. Remove this view and save another one instead\./);
    t.equal(builder.log.events.length, before + 1, 'nor again by renaming a view of an earlier version');
    await operator.post(`${VIEWS}/change`, { view: next, act: 'remove' });
    t.equal((await operator.get(LIST)).statusCode, 200, 'and gone');
    const auditor = await pageVisitor(site, persons.auditor);
    t.notMatch(
      (await auditor.get(LIST)).body,
      'view-menu',
      'who has nothing of their own isn’t offered views',
    );
  });

  await t.test('as a file without formulas, with an entry in the audit log', async (t) => {
    const about = await operator.get(`${LIST}/export?type=policy.export`);
    t.match(about.body, /1 operation matches/);
    t.match(about.body, /1 row, about \d+ B/);
    const csv = await operator.get(`${LIST}/export.csv?type=policy.export`);
    t.match(csv.headers['content-type'], 'text/csv');
    t.match(csv.headers['content-disposition'], /attachment; filename="contoso-operations-/);
    t.match(csv.body, `"'=HYPERLINK(""x""), a ""formula""",Queued,schedule,Nightly export`);
    t.match(site.builder.log.events.at(-1), {
      type: 'ExportDownloaded',
      data: { what: 'operations', format: 'csv', subject: 'type=policy.export', rows: 1 },
      metadata: { actorKind: 'member', actorId: persons.operator },
    });
    await operator.get(`${LIST}/export.csv?bucket=failed&q=password%3DSommer-2031!`);
    t.match(site.builder.log.events.at(-1), {
      type: 'ExportDownloaded',
      data: { subject: 'bucket=failed&q=password%3D%5Bredacted%3Apassword%5D' },
    });
    const json = (await operator.get(`${LIST}/export.json`)).json();
    t.equal(json.length, 9);
    t.match(json[1], { title: 'Restore before 24H2', started_by: 'Deploy pipeline', created_at: /\+01:00$/ });
    t.same((await operator.get(`${LIST}/export.json?type=a.b`)).json(), []);
    t.equal((await operator.get(`${LIST}/export.csv?from=5`)).statusCode, 400);
  });
});
