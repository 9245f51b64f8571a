import t from 'tap';
import { itemOf, writeScenario } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { openLive } from '../../support/live-client.js';
import { pageVisitor } from '../page-visitor.js';

/** The bar of new rows after the next update of a page: its text and its link. */
async function barAfter(
  site: Awaited<ReturnType<typeof hubSite>>,
  personId: string,
  path: string,
  change: () => Promise<unknown>,
) {
  const visitor = await pageVisitor(site, personId);
  const page = await visitor.get(path);
  const address = /data-address="([^"]+)"/.exec(page.body)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const live = await openLive(site.app.listeningOrigin, await site.cookieOf(personId), [address]);
  await change();
  for (let message = await live.next('view'); message; message = await live.next('view')) {
    const [, href, text] = /<a href="([^"]*)" data-new>([^<]*)</.exec(message.html ?? '') ?? [];
    if (href === undefined) continue;
    await live.close();
    const to = new URL(href.replaceAll('&amp;', '&'), `http://x${path}`);
    return { text, to: to.pathname + to.search, shown: (await visitor.get(to.pathname + to.search)).body };
  }
  throw new Error('no bar came');
}

t.test('the bar of new rows counts new matches and links to them', async (t) => {
  const site = await hubSite(t);
  const { tenant, running } = await writeScenario(site, 'contoso', 'Contoso');
  const { tenantId, persons } = tenant;
  const { builder } = site;
  await site.app.listen({ host: '127.0.0.1', port: 0 });
  const counts = { total: null, processed: 0, succeeded: 0, failed: 0, skipped: 0 };
  const fail = (runId: string) =>
    builder.toRun(tenantId, runId, {
      type: 'RunFailed',
      data: { reasonCode: 'unexpected', reason: 'It gave up.', counts },
    });
  await fail(await builder.queue(tenantId, builder.chance.hex(32), { title: 'Failed before' }));
  await site.settle();

  const record = (name: string, outcome: 'succeeded' | 'failed') =>
    builder.toRun(tenantId, running, { type: 'RunItemsRecorded', data: { items: [itemOf(name, outcome)] } });

  const items = await barAfter(
    site,
    persons.operator,
    `/t/contoso/runs/${running}/items?outcome=failed`,
    async () => {
      await record('Wi-Fi', 'succeeded');
      await record('E-mail', 'failed');
    },
  );
  t.match(items, { text: '1 new item', to: `/t/contoso/runs/${running}/items?outcome=failed` });
  t.match(items.shown, 'E-mail');

  const history = await barAfter(site, persons.operator, `/t/contoso/runs/${running}/history`, () =>
    record('VPN', 'succeeded'),
  );
  t.match(history, { text: '1 new event', to: `/t/contoso/runs/${running}/history` });
  t.equal(history.shown.split('1 succeeded').length, 3, 'the batch before and the one that came');

  const failing = await barAfter(site, persons.operator, '/t/contoso/operations?bucket=failed', () =>
    fail(running),
  );
  t.equal(failing.text, '1 new operation', 'a run that was there before and fails only now');
  t.match(failing.to, /operations\?bucket=failed&since=\d+$/);
  t.match(failing.shown, 'Inventory of Windows policies');
  t.match(failing.shown, /came after/);
  t.notMatch(failing.shown, 'Failed before', 'and nothing that was there before');

  const fresh = await barAfter(site, persons.operator, '/t/contoso/operations', () =>
    builder.queue(tenantId, builder.chance.hex(32), { title: 'The newest run' }),
  );
  t.match(fresh, { text: '1 new operation', to: '/t/contoso/operations' });
  t.match(fresh.shown, 'The newest run');
});
