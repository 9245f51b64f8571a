import t from 'tap';
import { setMapping } from '../../../src/entities/mapping/mapping.js';
import type { GraphWriter } from '../../../src/graph/client/graph-client.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import type { GraphContent } from '../../../src/graph/simulator/tenant-state.js';
import type { PlannedPolicy } from '../../../src/operations/restore-preview/restore-events.js';
import { catalogPolicy } from '../../graph/simulator-and-client.js';
import { BED_TENANT } from '../../support/filling-bed.js';
import { createRestoreBed, type RestoreBed } from '../../support/restore-bed.js';

/**
 * Goal: a restore finds the present objects of its policies, and never another object that has got the same id or name.
 * Method: real claims of real runs on one tenant. The simulator's log of requests and its content are compared.
 */
const CATALOG = 'deviceManagement/configurationPolicies';
const FILTERS = 'deviceManagement/assignmentFilters';
const TAGS = 'deviceManagement/roleScopeTags';
const ADMX = 'deviceManagement/groupPolicyConfigurations';
const AUTOPILOT = 'deviceManagement/windowsAutopilotDeploymentProfiles';
const GROUPS = [1, 2, 3].map((number) => ({
  id: `6e000000-0000-4000-8000-00000000000${number}`,
  displayName: `Group ${number}`,
}));
const FILTER: GraphObject = {
  id: '7f000000-0000-4000-8000-000000000001',
  displayName: 'Corporate',
  rule: '(1 -eq 1)',
  platform: 'windows10AndLater',
};
const catalog = (index: number, more: GraphObject): GraphObject => ({
  ...catalogPolicy(index),
  platforms: 'windows10',
  technologies: 'mdm',
  ...more,
});
const assignedTo = (index: number): GraphObject => ({
  id: `a${index}`,
  target: { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: GROUPS[index]?.id ?? '' },
});
const named = (planned: readonly PlannedPolicy[], name: string) =>
  planned.find((policy) => policy.name === name);

/** Restores by this preview; no item may fail, and the number of requests must be the preview’s. */
async function assertCarriedOut(
  t: { equal(found: unknown, wanted: unknown, message: string): unknown },
  bed: RestoreBed,
  { runId, planned }: Awaited<ReturnType<RestoreBed['preview']>>,
): Promise<void> {
  const from = bed.lastRequest();
  const restore = await bed.queue(runId);
  await bed.attempt(restore);
  const failed = (await bed.items(restore)).filter(({ outcome }) => outcome === 'failed');
  t.equal(failed.map(({ label, reason }) => `${label}: ${reason}`).join(), '', 'nothing fails');
  const writes = planned.reduce((sum, policy) => sum + policy.writes, 0);
  t.equal(bed.writes(from).length, writes, 'as many requests as the preview said');
}

t.test('a policy that still refers to a deleted object is changed when the restore creates it', async (t) => {
  const assigned = {
    target: {
      '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget',
      deviceAndAppManagementAssignmentFilterId: FILTER.id ?? null,
      deviceAndAppManagementAssignmentFilterType: 'include',
    },
  };
  const content: GraphContent = new Map([
    [FILTERS, [FILTER]],
    [CATALOG, [catalog(0, { assignments: [{ id: 'a', ...assigned }] })]],
  ]);
  const bed = await createRestoreBed(t, content);
  bed.state.remove(FILTERS, String(FILTER.id));
  const preview = await bed.preview();
  t.match(named(preview.planned, 'Policy 0'), {
    action: 'update',
    writes: 1,
    evidence: {
      assignmentsChanged: [
        {
          target: 'all devices',
          parts: [
            {
              before: `include Corporate (${FILTER.id})`,
              after: `include Corporate (new, was ${FILTER.id})`,
            },
          ],
        },
      ],
    },
  });
  const dryRun = await bed.queue(preview.runId, true);
  await bed.attempt(dryRun);
  t.same(
    (await bed.items(dryRun)).map(({ outcome }) => outcome),
    ['succeeded', 'succeeded'],
    'a dry run says the same',
  );
  await assertCarriedOut(t, bed, preview);
  const [filter] = bed.state.page(FILTERS, 0, 2).entities;
  t.match(bed.state.get(CATALOG, String(catalogPolicy(0).id))?.assignments, [
    { target: { deviceAndAppManagementAssignmentFilterId: filter?.id } },
  ]);
  const { planned } = await bed.preview();
  t.same(
    planned.map(({ action }) => action),
    ['leave', 'leave'],
    'and a second restore writes nothing',
  );
});

t.test('a scope tag whose number means another one now is not that tag', async (t) => {
  const tag = (id: string, displayName: string): GraphObject => ({ id, displayName, isBuiltIn: false });
  const content: GraphContent = new Map([
    [TAGS, [tag('0', 'Default'), tag('3', 'Region North')]],
    [CATALOG, [catalog(0, { roleScopeTagIds: ['3'] })]],
  ]);
  const bed = await createRestoreBed(t, content);
  const id = String(catalogPolicy(0).id);
  bed.state.put(TAGS, tag('3', 'Finance'));
  bed.state.put(CATALOG, catalog(0, { roleScopeTagIds: ['0'] }));
  const anew = await bed.preview();
  t.match(named(anew.planned, 'Region North'), {
    action: 'create',
    liveId: null,
    limits: [{ kind: 'id_reused', blocks: false }],
  });
  await assertCarriedOut(t, bed, anew);
  const tags = () => bed.state.page(TAGS, 0, 9).entities.map(({ id, displayName }) => [id, displayName]);
  const [, , created] = tags();
  t.same(tags().slice(0, 2), [
    ['0', 'Default'],
    ['3', 'Finance'],
  ]);
  t.equal(created?.[1], 'Region North');
  t.same(bed.state.get(CATALOG, id)?.roleScopeTagIds, [created?.[0]]);

  // The tag of the same name with another number is the right one.
  bed.state.put(CATALOG, catalog(0, { roleScopeTagIds: ['3'] }));
  const found = await bed.preview();
  t.match(named(found.planned, 'Region North'), { action: 'leave', liveId: created?.[0] });
  await assertCarriedOut(t, bed, found);
  t.same(bed.state.get(CATALOG, id)?.roleScopeTagIds, [created?.[0]]);
});

t.test('policies of the same name are distinguished by fields that can’t change', async (t) => {
  const name = 'Disk encryption';
  const both = [catalog(0, { name }), catalog(1, { name, platforms: 'macOS' })];
  const bed = await createRestoreBed(t, new Map([[CATALOG, both]]));
  for (const { id } of both) bed.state.remove(CATALOG, String(id));
  const anew = await bed.preview();
  t.same(
    anew.planned.map(({ action }) => action),
    ['create', 'create'],
  );
  await assertCarriedOut(t, bed, anew);
  const again = await bed.preview();
  t.same(
    again.planned.map(({ action }) => action),
    ['leave', 'leave'],
    'each is found again',
  );
  t.equal(new Set(again.planned.map(({ liveId }) => liveId)).size, 2);

  bed.state.put(CATALOG, catalog(2, { name, description: 'of the same platform' }));
  const actions = async () => (await bed.preview()).planned.map(({ action }) => action).sort();
  t.same(await actions(), ['leave', 'leave'], 'one of the two is as it was kept');
  for (const policy of bed.state.page(CATALOG, 0, 9).entities)
    if (policy.platforms === 'windows10') bed.state.put(CATALOG, { ...policy, description: 'changed' });
  t.same(await actions(), ['ambiguous', 'leave'], 'and now none is');
  const copies = await bed.preview({ mode: 'copy' });
  t.same(
    copies.planned.map(({ action }) => action),
    ['create', 'create'],
    'a copy is created whatever is there',
  );
});

t.test('a policy that is the target of one snapshot isn’t taken for another one of its name', async (t) => {
  const twins = [1, 2].map((n) => catalog(n, { name: 'User rights', description: `of ring ${n}` }));
  const bed = await createRestoreBed(t, new Map([[CATALOG, twins]]));
  bed.state.remove(CATALOG, String(twins[1]?.id));
  const one = await bed.preview();
  t.same(one.planned.map(({ action, policyId, liveId }) => [action, policyId, liveId]).sort(), [
    ['create', twins[1]?.id, null],
    ['leave', twins[0]?.id, twins[0]?.id],
  ]);

  bed.state.remove(CATALOG, String(twins[0]?.id));
  bed.state.put(CATALOG, catalog(3, { name: 'User rights', description: 'of nobody’s ring' }));
  t.same(
    (await bed.preview()).planned.map(({ action }) => action),
    ['ambiguous', 'ambiguous'],
    'two snapshots could become the only policy of their name',
  );
});

t.test('what the listing of a type has besides its policies takes no name from them', async (t) => {
  const PROTECTION = 'deviceAppManagement/managedAppPolicies';
  const named = (id: string, kind: string): GraphObject => ({
    id: `T_d0000000-0000-4000-8000-00000000000${id}`,
    displayName: 'Outlook',
    '@odata.type': `#microsoft.graph.${kind}`,
  });
  const protection = named('1', 'androidManagedAppProtection');
  const bed = await createRestoreBed(
    t,
    new Map([[PROTECTION, [protection, named('2', 'targetedManagedAppConfiguration')]]]),
  );
  bed.state.remove(PROTECTION, String(protection.id));
  const preview = await bed.preview();
  t.same(
    preview.planned.map(({ action }) => action),
    ['create'],
  );
  await assertCarriedOut(t, bed, preview);
  const again = await bed.preview();
  t.same(
    again.planned.map(({ action }) => action),
    ['leave'],
  );
});

t.test('policies of one name that a restore created are each found again by their content', async (t) => {
  const twins = [1, 2].map((n) => catalog(n, { name: 'User rights', description: `of ring ${n}` }));
  const bed = await createRestoreBed(t, new Map([[CATALOG, twins]]));
  for (const { id } of twins) bed.state.remove(CATALOG, String(id));
  await assertCarriedOut(t, bed, await bed.preview());
  const again = await bed.preview();
  t.same(
    again.planned.map(({ action }) => action),
    ['leave', 'leave'],
  );
  t.equal(new Set(again.planned.map(({ liveId }) => liveId)).size, 2);
});

t.test('assignments that are written one by one are each written once', async (t) => {
  const profile = (indexes: readonly number[]): GraphObject => ({
    id: 'c0000000-0000-4000-8000-000000000001',
    displayName: 'Kiosks',
    '@odata.type': '#microsoft.graph.azureADWindowsAutopilotDeploymentProfile',
    assignments: indexes.map(assignedTo),
  });
  const content: GraphContent = new Map([
    [AUTOPILOT, [profile([0, 1])]],
    ['groups', GROUPS],
  ]);
  const bed = await createRestoreBed(t, content);
  const targets = () =>
    ((bed.state.get(AUTOPILOT, String(profile([]).id))?.assignments ?? []) as GraphObject[])
      .map(({ target }) => (target as GraphObject).groupId)
      .sort();
  const wanted = GROUPS.slice(0, 2).map(({ id }) => id);

  bed.state.put(AUTOPILOT, profile([2]));
  const { runId, planned } = await bed.preview();
  t.equal(planned[0]?.writes, 3);
  const slow = await bed.queue(runId);
  const write: GraphWriter['write'] = async (...request) => {
    const answer = await bed.writer.write(...request);
    await bed.clock.sleep(30_000);
    return answer;
  };
  await bed.attempt(slow, { write });
  t.match(await bed.items(slow), [{ outcome: 'succeeded', reason: null }], 'its own writes are no change');
  t.same(targets(), wanted);

  for (const diesAt of [1, 2, 3])
    for (const applied of [false, true]) {
      bed.state.put(AUTOPILOT, profile([2]));
      const preview = await bed.preview();
      const from = bed.lastRequest();
      const restore = await bed.queue(preview.runId);
      await bed.dieAt(restore, { nth: diesAt, applied });
      await bed.attemptWithoutAudit(restore);
      t.same(targets(), wanted, `dead at request ${diesAt}, ${applied ? 'carried out' : 'not sent'}`);
      t.equal(bed.writes(from).filter((request) => request.applied).length, 3, 'each once');
    }
});

const twin = (n: number): GraphObject => ({
  id: `33333333-3333-4333-8333-33333333333${n}`,
  displayName: 'Edge',
  definitionValues: [
    {
      id: `v${n}`,
      enabled: n === 1,
      definition: { id: '22222222-2222-4222-8222-222222222222' },
      presentationValues: [],
    },
  ],
  assignments: [assignedTo(n)],
});

t.test(
  'a policy that was created for a namesake isn’t taken for the one whose create is unknown',
  async (t) => {
    const bed = await createRestoreBed(
      t,
      new Map([
        [ADMX, [twin(1), twin(2)]],
        ['groups', GROUPS],
      ]),
    );
    const policies = () => bed.state.page(ADMX, 0, 9).entities;
    for (const applied of [false, true])
      for (const audited of [false, true]) {
        for (const { id } of policies()) bed.state.remove(ADMX, String(id));
        const { runId } = await bed.preview();
        const from = bed.lastRequest();
        const restore = await bed.queue(runId);
        await bed.dieAt(restore, { nth: 2, path: ADMX, applied });
        await (audited ? bed.attempt(restore) : bed.attemptWithoutAudit(restore));
        const when = `${applied ? 'carried out' : 'not sent'}, ${audited ? 'with' : 'without'} audit`;
        t.same(
          (await bed.items(restore)).map(({ outcome, reason }) => [outcome, reason]),
          [
            ['succeeded', null],
            ['succeeded', null],
          ],
          when,
        );
        t.same(
          policies()
            .map(({ definitionValues, assignments }) => {
              const [value] = definitionValues as GraphObject[];
              const [assignment] = assignments as GraphObject[];
              return [value?.enabled, (assignment?.target as GraphObject | undefined)?.groupId];
            })
            .sort((one, other) => (String(one[1]) < String(other[1]) ? -1 : 1)),
          [
            [true, GROUPS[1]?.id],
            [false, GROUPS[2]?.id],
          ],
          `each has its own values and assignment, ${when}`,
        );
        t.equal(
          bed.writes(from).filter((request) => request.applied).length,
          6,
          `each request once, ${when}`,
        );
      }
  },
);

const excluded = (index: number): GraphObject => ({
  ...assignedTo(index),
  target: {
    '@odata.type': '#microsoft.graph.exclusionGroupAssignmentTarget',
    groupId: GROUPS[index]?.id ?? '',
  },
});
const targetsOf = ({ state }: RestoreBed) => {
  const [policy] = state.page(CATALOG, 0, 1).entities;
  return ((policy?.assignments ?? []) as GraphObject[])
    .map(({ target }) => target as GraphObject)
    .map((target) => [String(target['@odata.type']).split('.').at(-1), target.groupId])
    .sort();
};

t.test('an inclusion and an exclusion that were exchanged are no unchanged assignments', async (t) => {
  const wanted = [assignedTo(0), excluded(1)];
  const exchanged = [excluded(0), assignedTo(1)];
  const bed = await createRestoreBed(
    t,
    new Map([
      [CATALOG, [catalog(0, { description: 'as it was', assignments: wanted })]],
      ['groups', GROUPS],
    ]),
  );
  const put = (description: string, assignments: GraphObject[]) =>
    bed.state.put(CATALOG, catalog(0, { description, assignments }));
  const outcomeOf = async (run: string) =>
    (await bed.items(run)).map(({ outcome, reasonCode }) => [outcome, reasonCode]);

  put('damaged', [assignedTo(2)]);
  const { runId } = await bed.preview();
  put('damaged', exchanged);
  const from = bed.lastRequest();
  const before = await bed.queue(runId);
  await bed.attempt(before);
  t.same(await outcomeOf(before), [['failed', 'changed_since_preview']]);
  t.same(bed.writes(from), [], 'exchanged after the preview: nothing is written');

  put('damaged', [excluded(2)]);
  const between = await bed.queue((await bed.preview()).runId);
  const since = bed.lastRequest();
  const write: GraphWriter['write'] = async (...request) => {
    const answer = await bed.writer.write(...request);
    put('as it was', [assignedTo(2)]);
    await bed.clock.sleep(30_000);
    return answer;
  };
  await bed.attempt(between, { write });
  t.same(await outcomeOf(between), [['failed', 'changed_since_preview']]);
  t.same(
    bed.writes(since).map(({ method }) => method),
    ['PATCH'],
    'exchanged between the two requests: the assignment isn’t sent',
  );

  put('as it was', exchanged);
  const preview = await bed.preview();
  t.match(preview.planned, [{ action: 'update', writes: 1 }]);
  await assertCarriedOut(t, bed, preview);
  t.same(targetsOf(bed), [
    ['exclusionGroupAssignmentTarget', GROUPS[1]?.id],
    ['groupAssignmentTarget', GROUPS[0]?.id],
  ]);
});

t.test('a group that is mapped to nothing never widens an assignment', async (t) => {
  const bed = await createRestoreBed(
    t,
    new Map<string, readonly GraphObject[]>([
      [CATALOG, [catalog(0, { assignments: [assignedTo(0), excluded(1)] })]],
      ['groups', GROUPS],
    ]),
  );
  const group = GROUPS[0];
  if (!group) throw new Error('three groups');
  const choose = (becomes: string | null) =>
    setMapping.carryOut(
      bed.ledger,
      {
        sourceTenantId: BED_TENANT,
        changes: [
          {
            kind: 'group',
            id: group.id,
            name: group.displayName,
            becomes: becomes === null ? null : { id: becomes, name: group.displayName },
          },
        ],
      },
      bed.asked,
    );
  for (const empty of ['', '  '])
    await t.rejects(choose(empty), { name: 'ZodError' }, 'an empty id is no choice');
  const remove = () => {
    for (const { id } of bed.state.page(CATALOG, 0, 9).entities) bed.state.remove(CATALOG, String(id));
  };

  remove();
  const whole = await bed.preview();
  bed.state.remove('groups', group.id);
  const restore = await bed.queue(whole.runId);
  await bed.attempt(restore);
  t.match(await bed.items(restore), [{ outcome: 'failed', reasonCode: 'mapping_missing' }]);
  const unknown = [
    null,
    '6e000000-0000-4000-8000-0000000000ff',
    // Stands for all users in assignments of apps.
    'acacacac-9df4-4c7d-9d50-4ef0226f57a9',
    'All',
    'none/../groups',
  ];
  for (const becomes of unknown) {
    await choose(becomes);
    const { planned } = await bed.preview().catch(() => ({ planned: [] }));
    t.same(
      planned.map(({ action, limits }) => [action, limits[0]?.kind]),
      [['blocked', 'unknown_reference']],
      `mapped to ${becomes}`,
    );
  }
  t.same(bed.state.page(CATALOG, 0, 9).entities, [], 'nothing is created');
});

t.test(
  'a restore writes what its preview named, whatever becomes of groups, filters and the map',
  async (t) => {
    const filtered = {
      id: 'f',
      target: {
        '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget',
        deviceAndAppManagementAssignmentFilterId: FILTER.id ?? null,
        deviceAndAppManagementAssignmentFilterType: 'include',
      },
    };
    const kept = [[assignedTo(0)], [assignedTo(1)], [filtered]].map((assignments, index) =>
      catalog(index, { assignments }),
    );
    const bed = await createRestoreBed(
      t,
      new Map([
        [CATALOG, kept],
        [FILTERS, [FILTER]],
        ['groups', GROUPS],
      ]),
    );
    for (const policy of kept) bed.state.put(CATALOG, { ...policy, description: 'damaged', assignments: [] });
    const stale = await bed.preview();
    const restore = await bed.queue(stale.runId);
    bed.state.remove('groups', GROUPS[1]?.id ?? '');
    bed.state.remove(FILTERS, String(FILTER.id));
    bed.state.put(FILTERS, { ...FILTER, id: '7f000000-0000-4000-8000-000000000002' });
    const from = bed.lastRequest();
    await bed.attempt(restore);
    t.same((await bed.items(restore)).map(({ label, reasonCode }) => [label, reasonCode]).sort(), [
      ['Corporate', 'unchanged'],
      ['Policy 0', null],
      ['Policy 1', 'mapping_missing'],
      ['Policy 2', 'changed_since_preview'],
    ]);
    t.same(
      bed
        .writes(from)
        .filter(({ path }) => path.includes(CATALOG))
        .map(({ method }) => method),
      ['PATCH', 'POST'],
      'only the policy whose references are the same is written',
    );

    const choose = (becomes: string) =>
      setMapping.carryOut(
        bed.ledger,
        {
          sourceTenantId: BED_TENANT,
          changes: [
            {
              kind: 'group',
              id: String(GROUPS[1]?.id),
              name: 'Group 2',
              becomes: { id: becomes, name: null },
            },
          ],
        },
        bed.asked,
      );
    await choose(GROUPS[0]?.id ?? '');
    const mapped = await bed.preview();
    const queued = await bed.queue(mapped.runId);
    await choose(GROUPS[2]?.id ?? '');
    await bed.attempt(queued);
    t.match(
      bed.state.get(CATALOG, String(kept[1]?.id))?.assignments,
      [{ target: { groupId: GROUPS[0]?.id } }],
      'a restore that was started keeps to the map of its preview',
    );
  },
);

t.test(
  'what becomes of a group while a long restore works counts for the policies that come later',
  async (t) => {
    const kept = Array.from({ length: 12 }, (_, index) => catalog(index, { assignments: [assignedTo(0)] }));
    const bed = await createRestoreBed(
      t,
      new Map([
        [CATALOG, kept],
        ['groups', GROUPS],
      ]),
    );
    for (const policy of kept) bed.state.put(CATALOG, { ...policy, description: 'damaged', assignments: [] });
    const restore = await bed.queue((await bed.preview()).runId);
    const from = bed.lastRequest();
    let written = 0;
    const write: GraphWriter['write'] = async (...request) => {
      const answer = await bed.writer.write(...request);
      written += 1;
      if (written === 1) {
        bed.state.remove('groups', String(GROUPS[0]?.id));
        await bed.clock.sleep(30_000);
      }
      return answer;
    };
    await bed.attempt(restore, { write, lostAfterMs: 3_600_000 });
    const failed = (await bed.items(restore)).filter(({ reasonCode }) => reasonCode === 'mapping_missing');
    t.ok(failed.length >= 7, `${failed.length} are left alone`);
    const left = kept.filter(({ name }) => failed.some(({ label }) => label === name));
    t.same(
      bed.writes(from).filter(({ path }) => left.some(({ id }) => path.includes(String(id)))),
      [],
      'and nothing of them is written',
    );
  },
);
