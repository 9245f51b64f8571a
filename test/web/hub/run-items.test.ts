import t from 'tap';
import { completed, itemOf } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';

interface Listed {
  readonly items: readonly { readonly label: string }[];
  readonly next: number | null;
}

t.test('repeated items are listed among the run’s own, page by page', async (t) => {
  const site = await hubSite(t);
  const { tenantId, persons } = await site.tenant('contoso');
  const { builder } = site;
  const key = builder.chance.hex(32);
  const scope = { scopeKey: builder.chance.hex(32) };
  const items = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) =>
    itemOf(name, name === 'c' ? 'failed' : 'succeeded'),
  );
  const first = await builder.queue(tenantId, key, { scope });
  await builder.toRun(
    tenantId,
    first,
    { type: 'RunStarted', data: { attempt: 1, worker: 'w' } },
    { type: 'RunItemsRecorded', data: { items } },
    completed(items, '5 policies read'),
  );
  const second = await builder.queue(tenantId, key, { scope });
  const own = [itemOf('c', 'succeeded'), itemOf('g', 'failed')];
  const [c, g] = own;
  if (!c || !g) throw new TypeError('the items are missing');
  await builder.toRun(
    tenantId,
    second,
    { type: 'RunStarted', data: { attempt: 1, worker: 'w' } },
    { type: 'RunItemsRecorded', data: { items: [c] } },
    {
      type: 'RunItemsRepeated',
      data: {
        from: [
          {
            runId: first,
            ordinals: [
              [1, 2],
              [4, 6],
            ],
          },
        ],
        subjects: [{ type: 'configurationPolicies', items: 5 }],
      },
    },
    { type: 'RunItemsRecorded', data: { items: [g] } },
    completed(own, '6 policies read', { repeated: 5 }),
  );
  await site.settle();

  const token = await site.issueToken(tenantId, 'reader', ['hub.read', 'run.read']);
  const list = async (query: string): Promise<Listed> => {
    const url = `/api/v1/runs/${second}/items${query}`;
    const response = await site.app.inject({ url, headers: { authorization: `Bearer ${token}` } });
    t.equal(response.statusCode, 200, url);
    return response.json();
  };
  const shown = ({ items: listed }: Listed) => listed.map(({ label }) => label.slice(-1)).join(' ');
  const all = 'c a b d e f g';
  t.equal(shown(await list('')), all);
  const pages: string[] = [];
  let next: number | null = 0;
  while (next !== null) {
    const page: Listed = await list(`?limit=2${next > 0 ? `&after=${next}` : ''}`);
    pages.push(shown(page));
    next = page.next;
  }
  t.equal(pages.join(' '), all);
  t.equal(shown(await list('?outcome=failed')), 'g');
  t.equal(shown(await list('?outcome=succeeded')), 'c a b d e f');

  const cookie = await site.cookieOf(persons.readonly);
  const page = async (query: string) =>
    (await site.app.inject({ url: `/t/contoso/runs/${second}/items${query}`, headers: { cookie } })).body;
  t.match(await page('?q=oib+-+e'), /Win - OIB - e/);
  t.notMatch(await page('?q=oib+-+e'), /Win - OIB - d/);
  t.match(await page('?page=last'), /Win - OIB - g/);

  const moment = await page(`?at=${Number(second.split('-')[1]) + 3}`);
  t.match(moment, /Win - OIB - f/, 'as it was after the event that repeats');
  t.notMatch(moment, /Win - OIB - g/);
  const history = await site.app.inject({
    url: `/t/contoso/runs/${second}/history?item=${encodeURIComponent(items[4]?.itemId ?? '')}`,
    headers: { cookie },
  });
  t.match(history.body, /<option value="RunItemsRepeated">[\s\S]*<tbody[\s\S]*RunItemsRepeated/);
  t.notMatch(history.body, /<tbody[\s\S]*RunItemsRecorded/, 'the event that repeats an item is about it');
  const compared = await site.app.inject({
    url: `/t/contoso/compare?a=${first}&b=${second}&kind=same`,
    headers: { cookie },
  });
  for (const name of ['a', 'b', 'd', 'e', 'f'])
    t.match(compared.body, `Win - OIB - ${name}`, `${name} is the same`);

  const response = await site.app.inject({
    url: `/api/v1/runs/${second}`,
    headers: { authorization: `Bearer ${token}` },
  });
  t.match(response.json(), { counts: { processed: 7, succeeded: 6, failed: 1 } });
});
