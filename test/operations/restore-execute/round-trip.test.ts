import t from 'tap';
import type { z } from 'zod';
import { demoTenant } from '../../../src/graph/simulator/demo/demo-tenant.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import type { GraphContent } from '../../../src/graph/simulator/tenant-state.js';
import { FindingsDetected } from '../../../src/operations/drift-generate/drift-events.js';
import { driftGenerate } from '../../../src/operations/drift-generate/drift-generate.js';
import { inventorySync } from '../../../src/operations/inventory-sync/inventory-sync.js';
import type { PlannedPolicy } from '../../../src/operations/restore-preview/restore-events.js';
import { POLICY_TYPES, policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';
import { createRestoreBed, type RestoreBed } from '../../support/restore-bed.js';

/**
 * Goal: a tenant that was damaged in every way gets everything back except what the preview announced. Method: some
 * policies of every writable type are backed up, each is deleted, renamed, changed or reassigned, and a real run
 * restores them. Inventories of before and after are compared, the set is previewed again, and the simulator's log of
 * requests is compared.
 */
const demo = demoTenant('seed', 'contoso');
const entireTenant: GraphContent = demo.kind === 'generations' ? demo.at(0) : demo.content;
/** Enough policies of a type for every way of damaging one. */
const POLICIES_PER_TYPE_MAX = 6;
const content: GraphContent = new Map(
  [...entireTenant].map(([path, entities]) => [
    path,
    path === 'groups' ? entities : entities.slice(0, POLICIES_PER_TYPE_MAX),
  ]),
);

const WAYS = ['delete', 'rename', 'change', 'reassign'] as const;

function damage({ kept, state }: RestoreBed): void {
  for (const [index, { policyType, policyId }] of kept.entries()) {
    const type = policyTypeNamed(policyType);
    const entity = type && state.get(type.path, policyId);
    if (!type || !entity) throw new Error(`${policyType} ${policyId}`);
    const put = (changes: GraphObject) => state.put(type.path, { ...entity, ...changes });
    const target = { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' };
    const way = WAYS[index % WAYS.length];
    // Only a deletion shows that Graph withholds the secrets of custom settings.
    if (way === 'delete' || 'omaSettings' in entity) state.remove(type.path, policyId);
    else if (way === 'change' && 'description' in entity) put({ description: 'damaged' });
    else if (way === 'reassign' && type.assignments !== 'none')
      put({ assignments: [{ id: 'damaged', target }] });
    else put({ [type.nameField]: `Renamed ${index}` });
  }
}

type FindingsData = z.infer<typeof FindingsDetected.data>;

/** The findings, as texts, that the preview didn't announce: a policy is gone, or a field differs. */
function unannounced({ findings }: FindingsData, planned: readonly PlannedPolicy[]): readonly string[] {
  return findings.flatMap(({ kind, name, policyType, evidence }) => {
    const plan = planned.find((policy) => policy.name === name && policy.policyType === policyType);
    const isAnnounced = kind === 'removed' ? plan?.action === 'blocked' : plan?.action === 'create';
    const limited = new Set(plan?.limits.map(({ field }) => field));
    const { settingsAdded, settingsRemoved, settingsChanged, ...assignments } = evidence;
    const paths = [...settingsAdded, ...settingsRemoved, ...settingsChanged].map(({ path }) => path);
    const { assignmentsAdded, assignmentsRemoved, assignmentsChanged } = assignments;
    const differing = [
      ...paths.filter((path) => !limited.has(path)),
      ...[assignmentsAdded, assignmentsRemoved, assignmentsChanged].flat().map(() => 'assignments'),
    ];
    return isAnnounced && differing.length === 0 ? [] : [`${kind} ${name}: ${differing.join(', ')}`];
  });
}

t.test(
  'a damaged tenant is restored except what the preview announced, and a second run writes nothing',
  async (t) => {
    const bed = await createRestoreBed(t, content);
    t.equal(
      new Set(bed.kept.map(({ policyType }) => policyType)).size,
      POLICY_TYPES.filter(({ writing }) => writing !== null).length,
      'policies of every writable type',
    );
    await bed.fill({}, inventorySync);
    damage(bed);
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
    await bed.fill({}, inventorySync);
    await bed.fill({}, driftGenerate);
    t.same(
      bed.events(FindingsDetected.type).flatMap(({ data }) => unannounced(data as FindingsData, planned)),
      [],
      'an inventory shows no drift but what the preview said',
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
