import t from 'tap';
import { writeScenario } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { pageVisitor } from '../page-visitor.js';

const hrefsIn = (body: string) => [...body.matchAll(/ href="(\/[^"#]*)/g)].map(([, href]) => href ?? '');

t.test('no page has a link that its reader may not follow', async (t) => {
  const site = await hubSite(t);
  const { tenant, partial, failed, drift } = await writeScenario(site, 'contoso', 'Contoso');
  const pages = {
    support: [`failures`, `runs/${partial}`, `runs/${failed}`, `runs/${partial}/items`],
    auditor: [`operations`, `failures`, `runs/${drift}`, `runs/${partial}`],
    readonly: [`operations`, `failures`, `runs/${drift}`, `runs/${partial}`],
  } as const;
  for (const [role, paths] of Object.entries(pages)) {
    const visitor = await pageVisitor(site, tenant.persons[role as keyof typeof pages]);
    for (const path of paths) {
      const { statusCode, body } = await visitor.get(`/t/contoso/${path}`);
      t.equal(statusCode, 200, `${role} reads ${path}`);
      const links = [...new Set(hrefsIn(body))].filter((href) => href.startsWith('/t/'));
      t.ok(links.length > 0);
      for (const link of links) {
        const answer = await visitor.get(link.replaceAll('&amp;', '&'));
        t.ok(answer.statusCode < 400, `${role} on ${path} may follow ${link}: ${answer.statusCode}`);
      }
    }
  }
});

t.test('an error page links to a page that its reader may see', async (t) => {
  const site = await hubSite(t);
  const { persons } = await site.tenant('contoso', 'Contoso');
  await site.tenant('fabrikam', 'Fabrikam');
  const visitor = await pageVisitor(site, persons.operator);
  const wrong = await visitor.get('/t/contoso/operations?before=ever');
  t.equal(wrong.statusCode, 400);
  t.match(
    wrong.body,
    '“before” in the address has a value that can’t be used. It is not a place in the list.',
  );
  t.match(wrong.body, 'href="/t/contoso/failures"', 'the frame of the tenant stays');
  const foreign = await visitor.get('/t/fabrikam/operations');
  t.equal(foreign.statusCode, 403);
  t.match(foreign.body, '<a href="/tenants">To your tenants</a>');
  const support = await pageVisitor(site, persons.support);
  const own = await support.get('/t/contoso/operations');
  t.equal(own.statusCode, 403);
  t.match(own.body, 'Your role here is support; an auditor can see this.');
  t.notMatch(foreign.body, 'Fabrikam', 'not even the name of a foreign tenant');
});
