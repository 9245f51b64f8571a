import t from 'tap';
import type { ProductDraft } from '../../../src/program/product-events.js';
import { tenantStream } from '../../../src/tenancy/tenant-events.js';
import { itemOf, writeScenario } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { openLive } from '../../support/live-client.js';
import { pageVisitor } from '../page-visitor.js';

const namesIn = (body: string) =>
  [...body.matchAll(/<tr role="row" id="tenant-[^>]*>\s*<td role="cell"><a href="[^"]*">([^<]*)</g)].map(
    ([, name]) => name,
  );
const rowOf = (body: string, tenantId: string) =>
  new RegExp(`<tr role="row" id="tenant-${tenantId}"[\\s\\S]*?</tr>`).exec(body)?.[0] ?? '';

t.test(
  'every tenant of a person is listed, the worst first, and each number links to its list',
  async (t) => {
    const site = await hubSite(t, { beginning: Date.now() - 60_000 });
    const quiet = await site.tenant('adatum', 'Adatum');
    const busy = await writeScenario(site, 'contoso', 'Contoso');
    const foreign = await site.tenant('fabrikam', 'Fabrikam');
    const person = busy.tenant.persons.operator;
    await site.addMember(quiet.tenantId, person, 'readonly');
    await site.settle();
    const visitor = await pageVisitor(site, person);

    const home = await visitor.get('/');
    t.equal(home.headers.location, '/tenants', 'the first page of who has more than one');
    const { body } = await visitor.get('/tenants');
    t.same(namesIn(body), ['Contoso', 'Adatum']);
    t.notMatch(body, foreign.name);
    const row = rowOf(body, busy.tenant.tenantId);
    for (const [, href] of row.matchAll(/href="(\/[^"]+)"/g)) {
      const answer = await visitor.get((href ?? '').replaceAll('&amp;', '&'));
      t.equal(answer.statusCode, 200, String(href));
    }
    t.match(row, /bucket=failed&amp;last=24h"[^<]*<span[^>]*>[\s\S]{0,200}?<span>1</);
    t.match(row, /drift\?status=new/);
    t.match(
      body,
      /as of <span[^>]*>#[\d,]+<\/span>[\s\S]*data-lag>(?:up to date|.* behind)</,
      'the position that the rows are as of',
    );
    t.match(rowOf(body, quiet.tenantId), /none yet/);
    t.same(namesIn((await visitor.get('/tenants?q=ADA')).body), ['Adatum']);
    t.match((await visitor.get('/tenants?q=%3Cb%3E')).body, /“&lt;b&gt;” in its name/);

    const support = await pageVisitor(site, busy.tenant.persons.support);
    t.match(
      (await support.get('/tenants')).body,
      /<a href="\/t\/contoso\/failures">Your role here shows failures only\.<\/a>/,
    );
  },
);

t.test(
  'a certificate that expires within a month is shown, with a link to the page that replaces it',
  async (t) => {
    const site = await hubSite(t, { beginning: Date.now() - 60_000 });
    const tenant = await site.tenant('contoso', 'Contoso');
    await site.tenant('adatum', 'Adatum');
    const endsAt = (days: number) => new Date(Date.now() + days * 86_400_000 - 60_000).toISOString();
    const connect = async (days: number) => {
      const { tenantId } = tenant;
      const credential = {
        id: tenantId,
        kind: 'certificate',
        thumbprint: null,
        endsAt: endsAt(days),
        assertionAlgorithm: 'PS256',
      } as const;
      const app = { directoryId: tenantId, clientId: tenantId, cloud: 'worldwide', authority: null } as const;
      const data = { baseUrl: 'https://graph.microsoft.com', signIn: { ...app, credential } };
      const set: ProductDraft = { type: 'GraphConnectionSet', data };
      await site.builder.append(tenantStream(tenantId), [set], { tenantId });
      await site.settle();
    };
    const rowFor = async (personId: string) =>
      rowOf((await (await pageVisitor(site, personId)).get('/tenants')).body, tenant.tenantId);
    await connect(31);
    t.notMatch(await rowFor(tenant.persons.owner), 'certificate');
    await connect(30);
    t.match(
      await rowFor(tenant.persons.owner),
      /href="\/t\/contoso\/connection">The connection’s credential ends in 30 days\./,
    );
    t.match(await rowFor(tenant.persons.auditor), /<span[^>]*>The connection’s credential ends in 30 days\./);
    const health = await pageVisitor(site, tenant.persons.owner);
    t.match(
      (await health.get('/t/contoso/health')).body,
      'The connection’s credential ends in 30 days. An owner',
    );
    await connect(-1);
    t.match(await rowFor(tenant.persons.owner), 'The connection’s credential has ended.');
  },
);

t.test('it is updated live, and reads only the tenant that changed', async (t) => {
  const site = await hubSite(t, { beginning: Date.now() - 60_000 });
  const { tenant, running } = await writeScenario(site, 'contoso', 'Contoso');
  const address = await site.app.listen({ host: '127.0.0.1', port: 0 });
  const cookie = await site.cookieOf(tenant.persons.operator);
  const page = await site.app.inject({ url: '/tenants', headers: { cookie } });
  const view = /data-address="([^"]+)"/.exec(page.body)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const live = await openLive(address, cookie, [view]);
  await live.next('alive');
  await site.builder.toRun(tenant.tenantId, running, {
    type: 'RunItemsRecorded',
    data: { items: [itemOf('Wi-Fi', 'failed')] },
  });
  await site.builder.toRun(tenant.tenantId, running, {
    type: 'RunFailed',
    data: {
      reasonCode: 'unexpected',
      reason: 'It gave up.',
      counts: { total: 10, processed: 5, succeeded: 4, failed: 1, skipped: 0 },
    },
  });
  for (let message = await live.next('view'); message; message = await live.next('view'))
    if (/bucket=failed&amp;last=24h"[^<]*<span[^>]*>[\s\S]{0,200}?<span>2</.test(message.html ?? '')) break;
  t.pass('the second failure came');
  await live.close();
});

t.test('the page works before the read models have been built', async (t) => {
  const site = await hubSite(t, { projector: false });
  const tenant = await site.tenant('contoso', 'Contoso');
  const visitor = await pageVisitor(site, tenant.persons.owner);
  const { statusCode, body } = await visitor.get('/tenants');
  t.equal(statusCode, 200);
  t.match(body, /This tenant can’t be read at the moment/);
});
