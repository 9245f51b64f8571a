import t from 'tap';
import { reachedAt } from '../../../../src/embedded/event-store/service/information.js';

t.test('a caller’s own address for the server is taken from its request', async (t) => {
  for (const [authority, place] of [
    ['store.example:2113', { host: 'store.example', port: 2113 }],
    ['[::1]:2113', { host: '[::1]', port: 2113 }],
    ['store.example', undefined],
    [':2113', undefined],
    [undefined, undefined],
  ] as const)
    t.same(reachedAt(authority), place, String(authority));
});
