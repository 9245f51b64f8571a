import { fastify } from 'fastify';
import t from 'tap';
import { checkCsrfToken, checkOrigin, csrfTokenOf } from '../../../src/web/auth/csrf.js';

const PUBLIC = 'https://ops.example.org';

/** The status of a form with the Origin `origin` that is sent to `host`. */
async function statusOf(publicOrigin: string | undefined, host: string, origin: string): Promise<number> {
  const app = fastify();
  app.addHook('preValidation', async (request) => checkOrigin(request, publicOrigin));
  app.post('/', async () => 'taken');
  return (await app.inject({ method: 'POST', url: '/', headers: { host, origin } })).statusCode;
}

t.test(
  'with a public address, the origin of forms is compared with it and not with the Host header',
  async (t) => {
    for (const host of ['ops.example.org', 'ops.example.org:443', 'web:8420', '10.0.0.7:8420'])
      t.equal(await statusOf(PUBLIC, host, PUBLIC), 200, host);
    t.equal(await statusOf(PUBLIC, '127.0.0.1:8420', 'http://127.0.0.1:8420'), 200, 'on this machine');
    for (const origin of ['http://ops.example.org', 'https://evil.example', 'http://10.0.0.7:8420', 'null'])
      t.equal(await statusOf(PUBLIC, new URL(PUBLIC).host, origin), 403, origin);
    for (const host of ['evil.example', '10.0.0.7:8420'])
      t.equal(await statusOf(PUBLIC, host, `http://${host}`), 403, `${host}, which points here`);
  },
);

t.test('without a public address, the origin is compared with the Host header', async (t) => {
  for (const host of ['127.0.0.1:8420', 'localhost:8420', '[::1]:8420', '192.168.1.9:8420'])
    t.equal(await statusOf(undefined, host, `http://${host}`), 200, host);
  t.equal(await statusOf(undefined, 'evil.example', 'http://evil.example'), 403, 'a name that points here');
  t.equal(await statusOf(undefined, '127.0.0.1:8420', 'https://127.0.0.1:8420'), 403, 'a foreign scheme');
});

t.test('each form token is different and valid only in its session', async (t) => {
  const app = fastify();
  app.post('/', async (request) => {
    checkCsrfToken(request, 'secret of a session');
    return 'taken';
  });
  const statusWith = async (token: unknown) =>
    (await app.inject({ method: 'POST', url: '/', payload: { _csrf: token } })).statusCode;
  const [one, other] = [csrfTokenOf('secret of a session'), csrfTokenOf('secret of a session')];
  t.not(one, other);
  for (const token of [one, other]) t.equal(await statusWith(token), 200);
  const foreign = csrfTokenOf('secret of another session');
  for (const token of [foreign, '', 'A', one.slice(0, -4), `${one}AAAA`, 7, null])
    t.equal(await statusWith(token), 403, String(token));
});
