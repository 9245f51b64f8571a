import t from 'tap';
import { createLiveObjects } from '../../../src/operations/restore-preview/live-objects.js';

/** Goal: an answer that isn't the object that was asked for never becomes the target of a reference. */
const ID = '6e000000-0000-4000-8000-000000000001';
const OTHER = '6e000000-0000-4000-8000-000000000002';
const call = { signal: new AbortController().signal };

t.test('an answer without the id that was asked for says nothing', async (t) => {
  const answered = async (...bodies: readonly { readonly id?: string; readonly displayName: string }[]) => {
    const live = createLiveObjects(
      {
        batch: async () => bodies.map((body) => ({ body })),
        async *pages() {
          yield { rows: [...bodies] };
        },
      } as unknown as Parameters<typeof createLiveObjects>[0],
      call,
    );
    const [byId] = await live.withIds([{ kind: 'group', id: ID }]);
    return { byId, named: await live.named('assignment_filter', 'Berlin') };
  };
  t.match(await answered({ id: ID.toUpperCase(), displayName: 'Berlin' }), { byId: { name: 'Berlin' } });
  t.match(await answered({ displayName: 'Berlin' }), { byId: { id: ID }, named: [] });
  t.equal((await answered({ id: OTHER, displayName: 'Berlin' })).byId, 'unreadable');
  t.same(await answered({ id: '', displayName: 'Berlin' }), { byId: 'gone', named: [] });
});
