import t from 'tap';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import { backupSetAddPolicies } from '../../../src/operations/backup-set-add-policies/backup-set-add-policies.js';
import { earlierIn } from '../../../src/operations/restore-execute/restore-under-way.js';
import { readRun } from '../../../src/runs/read-operation.js';
import { catalogPolicy } from '../../graph/simulator-and-client.js';
import { BED_TENANT } from '../../support/filling-bed.js';
import { BED_SET, createRestoreBed, type RestoreBed } from '../../support/restore-bed.js';

/**
 * Goal: what a restore writes of a policy is what its preview said, whatever has become of the set, of the policies that
 * it leaves and of the objects that they refer to. Method: real claims of real runs on one tenant. The simulator's log of
 * requests and its content are compared.
 */
const CATALOG = 'deviceManagement/configurationPolicies';
const TAGS = 'deviceManagement/roleScopeTags';
const ADMX = 'deviceManagement/groupPolicyConfigurations';
const groupId = (index: number) => `6e000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
const groups = (number: number): readonly GraphObject[] =>
  Array.from({ length: number }, (_, index) => ({ id: groupId(index), displayName: `Group ${index}` }));
const assignedTo = (index: number): GraphObject => ({
  id: `a${index}`,
  target: { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: groupId(index) },
});
const policy = (index: number, more: GraphObject): GraphObject => ({
  ...catalogPolicy(index),
  platforms: 'windows10',
  technologies: 'mdm',
  ...more,
});
const tag = (id: string, displayName: string): GraphObject => ({ id, displayName, isBuiltIn: false });
const POLICY_ID = String(catalogPolicy(0).id);

/** Restores by this preview; resolves to the items' names, outcomes and codes, and to the requests that wrote. */
async function restored(bed: RestoreBed, previewRunId: string) {
  const from = bed.lastRequest();
  const runId = await bed.queue(previewRunId);
  await bed.attempt(runId);
  return {
    items: (await bed.items(runId)).map(({ label, outcome, reasonCode }) => [label, outcome, reasonCode]),
    writes: bed.writes(from).map(({ method, path }) => `${method} ${path}`),
  };
}

t.test('scope tags that a restore leaves', async (t) => {
  const description = 'as it was';
  const kept = policy(0, { description, roleScopeTagIds: ['3'] });
  const bed = await createRestoreBed(
    t,
    new Map([
      [TAGS, [tag('3', 'Region North')]],
      [CATALOG, [kept]],
    ]),
  );
  const damage = () => bed.state.put(CATALOG, { ...kept, description: 'damaged', roleScopeTagIds: ['0'] });

  damage();
  const first = await bed.preview();
  t.match(first.planned, [{ name: 'Region North', action: 'leave' }, { action: 'update' }]);
  bed.state.put(TAGS, tag('3', 'Finance'));
  t.same(
    await restored(bed, first.runId),
    {
      items: [
        ['Region North', 'skipped', 'unchanged'],
        ['Policy 0', 'failed', 'mapping_missing'],
      ],
      writes: [],
    },
    'a number that means another tag since the preview isn’t written',
  );

  bed.state.put(TAGS, tag('3', 'Region North'));
  bed.simulator.failNext({ kind: 'status', status: 500, method: 'POST', path: TAGS, count: 9 });
  const inTenant = () => bed.state.get(CATALOG, POLICY_ID);
  for (const includeScopeTags of [true, false]) {
    bed.state.remove(TAGS, '3');
    damage();
    const { runId } = await bed.preview({ includeScopeTags });
    const { items } = await restored(bed, runId);
    t.same(
      items.map(([label, outcome]) => [label, outcome]),
      [
        ['Region North', 'failed'],
        ['Policy 0', includeScopeTags ? 'failed' : 'succeeded'],
      ],
      'a tag that can’t be created fails only what it would be written to',
    );
  }
  t.match(inTenant(), { description, roleScopeTagIds: ['0'] });
});

t.test('a set that is filled again after the preview', async (t) => {
  const kept = policy(0, { description: 'as it was', assignments: [assignedTo(0)] });
  const bed = await createRestoreBed(
    t,
    new Map([
      [CATALOG, [kept]],
      ['groups', groups(2)],
    ]),
  );
  const add = (includeAssignments: boolean) =>
    bed.fill(
      {
        setId: BED_SET,
        choice: { from: 'list', policies: [{ policyType: 'configurationPolicies', policyId: POLICY_ID }] },
        includeAssignments,
      },
      backupSetAddPolicies,
    );
  await add(false);
  bed.state.put(CATALOG, { ...kept, description: 'damaged', assignments: [assignedTo(1)] });
  const { runId, planned } = await bed.preview();
  t.match(planned, [{ writes: 1, includes: { assignments: false, scopeTags: true } }]);
  await add(true);
  t.same((await restored(bed, runId)).writes, [`PATCH ${CATALOG}/${POLICY_ID}`]);
  t.match(
    bed.state.get(CATALOG, POLICY_ID)?.assignments,
    [{ target: { groupId: groupId(1) } }],
    'the assignments are left out, as the preview said',
  );
});

t.test('a policy with more references than a preview shows is restored with all of them', async (t) => {
  const assignments = Array.from({ length: 130 }, (_, index) => assignedTo(index));
  const bed = await createRestoreBed(
    t,
    new Map([
      [CATALOG, [policy(0, { assignments })]],
      ['groups', groups(130)],
    ]),
  );
  bed.state.put(CATALOG, policy(0, { assignments: [] }));
  const { runId, planned } = await bed.preview();
  t.equal(planned[0]?.references.length, 100);
  t.match((await restored(bed, runId)).items, [['Policy 0', 'succeeded', null]]);
  t.match(bed.state.get(CATALOG, POLICY_ID)?.assignments, { length: 130 });
});

const template = (index: number): GraphObject => ({
  id: `33333333-3333-4333-8333-33333333333${index}`,
  displayName: 'Edge',
  definitionValues: [
    {
      id: `v${index}`,
      enabled: true,
      definition: { id: `22222222-2222-4222-8222-22222222222${index}` },
      presentationValues: [],
    },
  ],
});

t.test(
  'after a create of unknown outcome no namesake is created, and nobody else’s policy is written to',
  async (t) => {
    const bed = await createRestoreBed(t, new Map([[ADMX, [template(1), template(2)]]]));
    const remove = () => {
      for (const { id } of bed.state.page(ADMX, 0, 9).entities) bed.state.remove(ADMX, String(id));
    };
    remove();
    const { runId } = await bed.preview();
    const restore = await bed.queue(runId);
    await bed.dieAt(restore, { nth: 1, applied: true });
    const [ours] = bed.state.page(ADMX, 0, 9).entities;
    const foreign = { ...template(3), createdDateTime: ours?.createdDateTime ?? '' };
    bed.state.remove(ADMX, String(ours?.id));
    bed.state.put(ADMX, foreign);
    const from = bed.lastRequest();
    await bed.attemptWithoutAudit(restore);
    t.same(
      (await bed.items(restore)).map(({ outcome, reasonCode }) => [outcome, reasonCode]),
      [
        ['failed', 'outcome_unknown'],
        ['failed', 'changed_since_preview'],
      ],
    );
    t.same(bed.writes(from), []);
    t.match(bed.state.page(ADMX, 0, 9).entities, [foreign]);
  },
);

t.test('a create of unknown outcome counts also when its policy isn’t listed later', async (t) => {
  for (const killedAt of [1, 2]) {
    const bed = await createRestoreBed(t, new Map([[ADMX, [template(1), template(2)]]]));
    for (const { id } of bed.state.page(ADMX, 0, 9).entities) bed.state.remove(ADMX, String(id));
    const { runId } = await bed.preview();
    const restore = await bed.queue(runId);
    await bed.dieAt(restore, { nth: 1, applied: false });
    bed.state.put(ADMX, { ...template(3), createdDateTime: null });
    const from = bed.lastRequest();
    await bed.attempt(restore, { killedAt, answered: true }).catch(() => undefined);
    const { unknownCreates } = await earlierIn(readRun(bed.ledger, BED_TENANT, restore));
    t.equal(unknownCreates.size, 1, 'the log says so');
    for (const { id } of bed.state.page(ADMX, 0, 9).entities) bed.state.remove(ADMX, String(id));
    await bed.attempt(restore);
    t.match(
      (await bed.items(restore)).map(({ reasonCode, reason }) => [reasonCode, reason]),
      [
        ['outcome_unknown', String],
        ['changed_since_preview', /may have been created by a request of this restore/],
      ],
      `the next attempt after append ${killedAt}`,
    );
    t.same(bed.writes(from), []);
  }
});
