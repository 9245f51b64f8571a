import { brotliDecompressSync } from 'node:zlib';
import t from 'tap';
import type { SystemStatus } from '../../../src/web/ports/status.js';
import { writeScenario } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { pageVisitor } from '../page-visitor.js';

const STATUS: SystemStatus = {
  headPosition: 4711,
  databaseIsSilent: false,
  lagSeconds: null,
  building: { percent: 42 },
  parts: {
    'event store': { state: 'ok', detail: 'answers' },
    'command bus': { state: 'down', detail: 'is not connected' },
  },
  workers: [
    { name: 'w-1', appVersion: '1.0', types: ['inventory.sync'], runsInHand: 2, silentMs: 1_000 },
    { name: 'w-2', appVersion: '1.0', types: ['drift.generate'], runsInHand: 0, silentMs: 90_000 },
  ],
};

const site = await hubSite(t, { status: () => STATUS });
const { tenant, queued } = await writeScenario(site, 'contoso', 'Contoso');
const fabrikam = await site.tenant('fabrikam', 'Fabrikam');
const reader = await pageVisitor(site, tenant.persons.readonly);

t.test('the health page shows workers, waiting runs and problems', async (t) => {
  const page = (await reader.get('/t/contoso/health')).body;
  t.match(page, /command bus: is not connected\./, 'problems are shown first');
  t.ok(page.indexOf('is not connected') < page.indexOf('>answers'));
  t.match(page, /w-1<\/td>[\s\S]*?At work[\s\S]*?1 s ago[\s\S]*?>2<[\s\S]*?inventory\.sync/);
  t.match(page, /w-2<\/td>[\s\S]*?Silent[\s\S]*?1 min 30 s ago/);
  t.match(page, `/t/contoso/runs/${queued}`, 'the run that has waited longest');
  t.match(page, '1 waiting');
  t.match(page, '42 % of the log is read');
  t.match(page, '#4,711');
});

t.test(
  'an error in the reader’s tenant has the navigation and names the roles; elsewhere it has neither',
  async (t) => {
    const support = await pageVisitor(site, tenant.persons.support);
    const denied = await support.get('/t/contoso/members');
    t.equal(denied.statusCode, 403);
    t.match(denied.body, /Your role here is support; a readonly member can see this\./);
    t.match(denied.body, '<nav class="rail"');
    t.match(denied.body, 'data-go="f"', 'the rail leads to what the role may see');
    const missing = await reader.get('/t/contoso/nothing');
    t.match([missing.statusCode, missing.body], [404, /<nav class="rail"/]);
    const foreign = await reader.get(`/t/${fabrikam.slug}/operations`);
    t.equal(foreign.statusCode, 403);
    t.notMatch(foreign.body, 'class="rail"');
    t.notMatch(foreign.body, 'Fabrikam', 'a foreign tenant is not named');
  },
);

t.test(
  'answers are compressed as the client accepts, and HEAD has the headers of GET without a body',
  async (t) => {
    const cookie = await site.cookieOf(tenant.persons.readonly);
    const get = (encoding: string, method: 'GET' | 'HEAD' = 'GET') =>
      site.app.inject({
        method,
        url: '/t/contoso/operations',
        headers: { cookie, 'accept-encoding': encoding },
      });
    const plain = await get('identity');
    const small = await get('br, gzip');
    t.equal(small.headers['content-encoding'], 'br');
    t.match(String(small.headers.vary), /accept-encoding/i);
    t.ok(small.rawPayload.length < plain.rawPayload.length / 3, 'at least to a third');
    t.match(brotliDecompressSync(small.rawPayload).toString(), '<title>Operations');
    t.equal((await get('gzip')).headers['content-encoding'], 'gzip');
    const head = await get('identity', 'HEAD');
    t.match([head.statusCode, head.body, head.headers['content-type']], [200, '', /^text\/html/]);
    const live = await site.app.inject({ method: 'HEAD', url: '/live', headers: { cookie } });
    t.equal(live.statusCode, 405, 'a live stream is not opened by HEAD');
    const file = await site.app.inject({
      method: 'HEAD',
      url: '/t/contoso/operations/export.csv',
      headers: { cookie },
    });
    t.match([file.statusCode, file.headers.allow], [405, 'GET'], 'nor a download recorded');
    t.equal((await site.app.inject({ url: '/t/%E0%A4%A/operations', headers: { cookie } })).statusCode, 400);
  },
);
