import t, { type Test } from 'tap';
import { securityHeaders } from '../../src/process/security-headers.js';
import { publicSiteOf } from '../../src/program/public-site.js';
import { startWaitingServer } from '../../src/program/waiting-server.js';
import { freePort } from '../support/free-port.js';

const WAITING = 'Waiting for <b>PostgreSQL</b>.';

/** Asks a server that waits. */
async function waiting(t: Test, publicUrl?: string) {
  const port = await freePort();
  const site = publicSiteOf({ OPSLEDGER_PUBLIC_URL: publicUrl });
  const server = await startWaitingServer({ host: '127.0.0.1', port, site });
  t.teardown(() => server.close());
  server.say(WAITING);
  return async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    const headers = Object.fromEntries(answer.headers);
    return { status: answer.status, headers, body: await answer.text() };
  };
}

t.test('while the hub waits, each kind of address is answered in its own form', async (t) => {
  for (const [publicUrl, before] of [
    [undefined, ''],
    ['https://hub.example', ''],
    ['https://hub.example/ops/', ''],
    ['https://hub.example/ops', '/ops'],
  ] as const) {
    const at = await waiting(t, publicUrl);
    const about = `${publicUrl} ${before}`;
    for (const path of ['/healthz', '/readyz?from=proxy', '/api/v1/tenants', '/', '/t/a/runs', '/apiary']) {
      const { status, headers } = await at(before + path);
      t.equal(status, 503, about + path);
      t.match(headers, securityHeaders({ tls: publicUrl !== undefined }), about);
      t.match(headers, { 'retry-after': '5', 'cache-control': 'private, no-store' });
      t.equal('strict-transport-security' in headers, publicUrl !== undefined, about);
    }
    for (const probe of ['/healthz', '/readyz?from=proxy'])
      t.same(JSON.parse((await at(before + probe)).body), { status: 'down', reason: WAITING }, about);
    const error = { code: 'unavailable', message: WAITING };
    t.same(JSON.parse((await at(`${before}/api/v1/tenants`)).body), { error }, about);
    t.match((await at(`${before}/t/a/runs`)).body, 'Waiting for &lt;b&gt;PostgreSQL&lt;/b&gt;.', about);
  }
});
