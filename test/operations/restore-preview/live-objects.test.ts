import t from 'tap';
import type { BatchResult } from '../../../src/graph/client/batch.js';
import type { GraphReader } from '../../../src/graph/client/graph-client.js';
import { GraphError } from '../../../src/graph/client/graph-error.js';
import type { Candidate } from '../../../src/mapping/propose.js';
import { createLiveObjects } from '../../../src/operations/restore-preview/live-objects.js';
import { createReferenceResolver } from '../../../src/operations/restore-preview/resolve-references.js';
import type { ReferenceKind } from '../../../src/policies/catalogue/policy-type.js';

/** Goal: what isn't the very object that is meant never becomes the target of a reference (K6). */
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

/** What a reference becomes where Graph answers these statuses or names by id, and these names in listings. */
async function resolved(
  reference: { readonly kind: ReferenceKind; readonly id: string; readonly name: string | null },
  tenant: {
    readonly byId?: Readonly<Record<string, string | number>>;
    readonly listed?: readonly { readonly id: string; readonly displayName: string }[];
    readonly cached?: readonly Candidate[];
    readonly fromOtherTenant?: boolean;
  },
) {
  const answer = (path: string): BatchResult => {
    const id = path.split('/').at(-1) ?? '';
    const found = tenant.byId?.[id] ?? 404;
    if (typeof found === 'string') return { body: { id, displayName: found } };
    return { error: new GraphError({ problem: 'status', status: found, method: 'GET', path }) };
  };
  const graph: Pick<GraphReader, 'batch' | 'pages'> = {
    batch: async (paths) => paths.map(answer),
    async *pages() {
      yield { rows: tenant.listed ?? [], declared: null, nextLink: null, deltaLink: null };
    },
  };
  const resolver = createReferenceResolver({
    graph,
    call,
    plannedBefore: new Map(),
    mapping: {
      fromOtherTenant: tenant.fromOtherTenant ?? false,
      choiceFor: () => undefined,
      groupsNamed: async () => tenant.cached ?? [],
    },
  });
  const [resolution] = await resolver.resolve([{ ...reference, unnamed: null }]);
  return [resolution?.resolution, resolution?.becomes];
}
const MISSING = ['missing', null];

t.test('people and applications keep their ids in their own tenant alone', async (t) => {
  for (const kind of ['user', 'application', 'service_principal', 'policy_of_set'] as const) {
    t.same(await resolved({ kind, id: ID, name: null }, {}), ['same', ID], kind);
    t.same(await resolved({ kind, id: ID, name: 'Ann' }, { fromOtherTenant: true }), MISSING, kind);
  }
});

t.test('no namesake is taken for an object that may be there', async (t) => {
  const filter = { kind: 'assignment_filter', id: ID, name: 'Berlin' } as const;
  const listed = [{ id: OTHER, displayName: 'Berlin' }];
  t.same(await resolved(filter, { listed }), ['mapped', OTHER], 'nothing has the id');
  t.same(await resolved(filter, { byId: { [ID]: 403 }, listed }), MISSING, 'nobody can say');
});

t.test('a group that the cache knows by a name is taken only while it has that name', async (t) => {
  const group = { kind: 'group', id: ID, name: 'Berlin' } as const;
  const cached = [{ id: OTHER, name: 'Berlin', exact: 'Berlin', dynamic: false }];
  t.same(await resolved(group, { cached, byId: { [OTHER]: 'Berlin' } }), ['mapped', OTHER]);
  t.same(await resolved(group, { cached, byId: { [OTHER]: 'Paris' } }), MISSING, 'renamed since');
  t.same(await resolved(group, { cached }), MISSING, 'deleted since');
});
