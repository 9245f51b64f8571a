import t from 'tap';
import { hubSite } from '../support/hub-site.js';

/**
 * Goal: no route is open, or writes, by mistake. Method: the routes without a sign-in and those that write are listed
 * here; a new one fails the test until it is added to the list.
 */
t.test('what answers without a sign-in', async (t) => {
  const { app } = await hubSite(t);
  const open = app.declaredRoutes.filter(({ access }) => access.kind === 'public');
  const names = open.filter(({ method }) => method !== 'HEAD').map(({ method, url }) => `${method} ${url}`);
  t.strictSame([...new Set(names)].sort(), [
    'GET /api/v1/openapi.json',
    'GET /assets/:file',
    'GET /healthz',
    'GET /readyz',
    'GET /signin',
    'GET /signin/dev',
    'POST /signin/dev',
  ]);
  for (const url of ['/healthz', '/readyz', '/signin', '/api/v1/openapi.json']) {
    const site = await app.inject(url);
    t.notMatch(site.body, /contoso/i, `${url} names no tenant`);
  }
});

const SCHEDULES = /^\/t\/:tenant\/schedules\/|\/commands\/schedule\./;

t.test('the hub writes nothing: below it every route reads (H2)', async (t) => {
  const { app } = await hubSite(t);
  const writing = app.declaredRoutes.filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method));
  t.ok(writing.length > 5, 'there are routes that write');
  for (const { method, url, access } of writing) {
    t.notMatch(url, /^\/t\/:tenant\/operations/, `${method} ${url}`);
    // A schedule can be paused; the runs that it has started go on.
    if (!SCHEDULES.test(url))
      t.notMatch(url, /cancel|pause|rerun|delete/, 'no run is cancelled, paused, rerun or deleted (R3)');
    if (access.kind === 'tenant')
      t.notMatch(access.capability, /\.read$/, `${method} ${url} takes more than reading`);
  }
});
