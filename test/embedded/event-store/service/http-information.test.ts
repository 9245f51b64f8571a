import t from 'tap';
import { testStore } from '../support/test-store.js';

t.test('requests of EventStoreDB’s tools over HTTP are answered in its form', async (t) => {
  const { store } = await testStore(t);
  const get = (path: string) => fetch(`http://127.0.0.1:${store.port}${path}`);
  const ping = await get('/ping');
  t.match(ping.headers.get('content-type'), 'application/json');
  t.match(await ping.json(), { msgTypeId: Number, text: 'Ping request successfully handled' });
  t.match(await (await get('/info')).json(), {
    esVersion: String,
    state: 'leader',
    features: { projections: false },
    authentication: { type: 'internal' },
  });
  t.equal((await get('/health/live')).status, 204);
  t.equal((await get('/nowhere')).status, 404);
});
