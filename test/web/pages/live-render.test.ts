import t from 'tap';
import { completed, writeScenario } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { openLive } from '../../support/live-client.js';

/**
 * Goal: content that many readers share is read only once, and content of one person is shown to no other. Method:
 * statements of the hub's connections are counted while streams of several persons show the same addresses.
 */
t.test('readers with the same role and address share rendered content', async (t) => {
  const asked: string[] = [];
  const site = await hubSite(t, { onQuery: ({ sql }) => asked.push(sql) });
  const { tenant, running, queued } = await writeScenario(site, 'contoso', 'Contoso');
  const origin = await site.app.listen({ host: '127.0.0.1', port: 0 });
  const { tenantId, persons } = tenant;
  const { tenantId: fabrikam, persons: guests } = await site.tenant('fabrikam');
  const others = [persons.operator, guests.owner, guests.manager];
  for (const person of others.slice(1)) await site.addMember(tenantId, person, 'operator');
  await site.settle();
  const rowsOf = () => asked.filter((sql) => /"queued_position" in \(/.test(sql)).length;
  const reasons = () => asked.filter((sql) => sql.includes('"run_item_reasons"')).length;
  const open = async (person: string, path: string) =>
    openLive(origin, await site.cookieOf(person), [`/t/contoso/${path}`]);
  const note = (run: string, text: string) =>
    site.builder.toRun(tenantId, run, { type: 'RunProgressNoted', data: { note: text } });

  await t.test('the list', async (t) => {
    const lists = await Promise.all(others.map((person) => open(person, 'operations?rows=1,2&position=-1')));
    for (const list of lists) t.ok(await list.next('view'));
    const before = rowsOf();
    t.ok(before < others.length, `${before} reads for ${others.length} readers`);
    await Promise.all(lists.map((list) => list.close()));
  });

  await t.test('the list before the first run of a tenant has ended, and after it', async (t) => {
    const path = '/t/fabrikam/operations';
    const cookie = await site.cookieOf(guests.owner);
    const { body } = await site.app.inject({ url: path, headers: { cookie } });
    t.match(body, '<figure id="outcomes" hidden></figure>', 'the page has the place of the bars');
    const list = await openLive(origin, cookie, [`${path}?position=-1`]);
    t.match((await list.next('view'))?.html, '<figure id="outcomes" hidden></figure>');
    const { builder } = site;
    const runId = await builder.queue(fabrikam, builder.chance.hex(32));
    await builder.toRun(fabrikam, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'worker w-2' } });
    await builder.toRun(fabrikam, runId, completed([], 'nothing to do'));
    let view = await list.next('view');
    while (view && !view.html?.includes('outcome-bars')) view = await list.next('view');
    t.match(view?.html, /id="outcomes" class="outcomes"/);
    await list.close();
  });

  await t.test('personal content is read for each person', async (t) => {
    const own = await Promise.all(
      [persons.operator, guests.owner].map((person) =>
        open(person, 'operations?initiator=me&newest=0&shownAt=0&position=-1'),
      ),
    );
    const [mine, theirs] = await Promise.all(own.map((list) => list.next('view')));
    t.match(mine?.html, /new operation/, 'the operator has started runs');
    t.notMatch(theirs?.html, /new operation/, 'the other has none');
    await Promise.all(own.map((list) => list.close()));
  });

  await t.test('the page of a run isn’t rendered again for other runs', async (t) => {
    const page = await open(persons.readonly, `runs/${running}?position=-1`);
    t.match((await page.next('view'))?.html, /run-overview/);
    const before = reasons();
    await note(queued, 'something else');
    const other = await page.next('view');
    t.match(other?.html, /status-strip/, 'the position moves');
    t.notMatch(other?.html, /run-overview/);
    await note(running, 'what it says');
    t.match((await page.next('view'))?.html, /run-overview/);
    t.equal(reasons(), before + 1);
    await page.close();
  });
});
