import t from 'tap';
import { demoTenant } from '../../../src/graph/simulator/demo/demo-tenant.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import type { GraphContent } from '../../../src/graph/simulator/tenant-state.js';
import { POLICY_TYPES, policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';
import { createRestoreBed, type RestoreBed } from '../../support/restore-bed.js';

/**
 * Goal: a tenant that was wrecked in every way gets everything back but what the preview said. Method: all writable
 * policies of the demo's tenant are kept, a quarter each of them deleted, renamed, changed and assigned otherwise, then
 * restored by a real run, and previewed again. The simulator's log of requests is the judge.
 */
const demo = demoTenant('seed', 'contoso');
const content: GraphContent = demo.kind === 'generations' ? demo.at(0) : demo.content;

function wreck({ kept, state }: RestoreBed): void {
  for (const [index, { policyType, policyId }] of kept.entries()) {
    const type = policyTypeNamed(policyType);
    const entity = type && state.get(type.path, policyId);
    if (!type || !entity) throw new Error(`${policyType} ${policyId}`);
    const put = (changes: GraphObject) => state.put(type.path, { ...entity, ...changes });
    const target = { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' };
    if (index % 4 === 0) state.remove(type.path, policyId);
    else if (index % 4 === 1) put({ [type.nameField]: `Renamed ${index}` });
    else if (index % 4 === 2 && 'description' in entity) put({ description: 'wrecked' });
    else put({ assignments: [{ id: 'wrecked', target }] });
  }
}

t.test(
  'a wrecked tenant is restored but for what the preview said, and again nothing is written',
  async (t) => {
    const bed = await createRestoreBed(t, content);
    t.equal(
      new Set(bed.kept.map(({ policyType }) => policyType)).size,
      POLICY_TYPES.filter(({ writing }) => writing !== null).length,
      'policies of every writable type',
    );
    wreck(bed);
    const { runId, planned } = await bed.preview();
    const before = bed.lastRequest();
    const restore = await bed.queue(runId);
    await bed.attempt(restore);
    const items = await bed.items(restore);
    const blocked = planned.filter(({ action }) => action === 'blocked');
    t.same(
      items.filter(({ outcome }) => outcome === 'failed').map(({ label, reason }) => [label, reason]),
      planned
        .filter(({ action }) => action === 'blocked')
        .map(({ name, limits }) => [name, limits[0]?.reason]),
      'what failed is what the preview said',
    );
    t.equal(blocked.length, 2, 'one without a name, and one whose secret Graph withholds');
    const written = bed.writes(before);
    t.same(
      written.filter(({ applied }) => !applied).map(({ method, path }) => `${method} ${path}`),
      [],
      'Graph took every request',
    );
    t.equal(
      written.length,
      planned.reduce((sum, { writes }) => sum + writes, 0),
      'as many requests as the preview said',
    );
    const again = await bed.preview();
    t.same(
      again.planned
        .filter(({ action }) => action !== 'leave' && action !== 'not_supported')
        .map(({ name, evidence }) => ({ name, evidence })),
      blocked.map(({ name }) => ({ name, evidence: null })),
      'nothing differs from the set but what the preview said',
    );
    await t.rejects(bed.queue(again.runId), /did not end with a policy to write/);
  },
);
