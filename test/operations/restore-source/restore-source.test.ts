import t, { type Test } from 'tap';
import { setUsesEntity } from '../../../src/entities/backup-set/set-uses.js';
import { setMapping } from '../../../src/entities/mapping/mapping.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import type { GraphContent } from '../../../src/graph/simulator/tenant-state.js';
import { EMPTY_HEAD } from '../../../src/ledger/stream-head.js';
import { directoryGroupsSync } from '../../../src/operations/directory-groups-sync/directory-groups-sync.js';
import { restoreExecute } from '../../../src/operations/restore-execute/restore-execute.js';
import type { PlannedPolicy } from '../../../src/operations/restore-preview/restore-events.js';
import { restorePreview } from '../../../src/operations/restore-preview/restore-preview.js';
import { LOCAL_CLIENT_ID } from '../../../src/runs/initiator.js';
import { readRun } from '../../../src/runs/read-operation.js';
import { setMemberRole } from '../../../src/tenancy/tenant-commands.js';
import { tenantStream } from '../../../src/tenancy/tenant-events.js';
import { catalogPolicy } from '../../graph/simulator-and-client.js';
import { BED_TENANT, createFillingBed } from '../../support/filling-bed.js';
import { BED_SET, createRestoreBed } from '../../support/restore-bed.js';

/**
 * Goal: a person with the right in two tenants restores a set of one to the other. The set is read with the source's
 * keys, only the target is written to, both tenants record it, and it stops when the right is revoked. Method: real
 * claims of real runs on one log; each tenant has a simulator of its own, whose log of requests is compared.
 */
const CATALOG = 'deviceManagement/configurationPolicies';
const TARGET = '2e2d3c4b-0000-4000-8000-000000000002';
const TARGET_NAME = 'Fabrikam';
const ALICE = '1f2d3c4b-0000-4000-8000-0000000000a1';
const PILOT = {
  source: 'a1111111-1111-4111-8111-111111111111',
  target: 'b1111111-1111-4111-8111-111111111111',
};
const LOST = 'a2222222-2222-4222-8222-222222222222';
const FOUND = 'b2222222-2222-4222-8222-222222222222';

const assignedTo = (index: number, ...groupIds: string[]): GraphObject => ({
  ...catalogPolicy(index),
  platforms: 'windows10',
  technologies: 'mdm',
  description: 'as it was',
  assignments: groupIds.map((groupId, place) => ({
    id: `${place}`,
    target: { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId },
  })),
});
const sourceContent = (more: number): GraphContent =>
  new Map([
    [
      CATALOG,
      [
        ...[assignedTo(0, PILOT.source), assignedTo(1, LOST), assignedTo(2)],
        ...Array.from({ length: more }, (_, index) => assignedTo(index + 3)),
      ],
    ],
    [
      'groups',
      [
        { id: PILOT.source, displayName: 'Pilot' },
        { id: LOST, displayName: 'Front desk' },
      ],
    ],
  ]);
/** The target has a policy of the same name but another id, and the group “Pilot” with another id. */
const targetContent: GraphContent = new Map([
  [CATALOG, [{ ...assignedTo(2), id: 'c0000000-0000-4000-8000-000000000002', description: 'of its own' }]],
  [
    'groups',
    [
      { id: PILOT.target, displayName: 'Pilot' },
      { id: FOUND, displayName: 'Reception' },
    ],
  ],
]);

async function twoTenants(t: Pick<Test, 'teardown'>, morePolicies = 0) {
  const source = await createRestoreBed(t, sourceContent(morePolicies));
  const { clock, serverClock, fetch, ledger, log, artifacts } = source;
  const target = await createFillingBed(t, targetContent, {
    clock,
    fetch,
    simulation: { clock: serverClock },
    tenantId: TARGET,
    initiator: { kind: 'member', personId: ALICE },
    beside: { log, artifacts },
  });
  await ledger.append(
    tenantStream(TARGET),
    EMPTY_HEAD,
    [{ type: 'TenantRegistered', data: { slug: 'fabrikam', name: TARGET_NAME } }],
    {
      tenantId: TARGET,
      actor: { kind: 'system', id: 'bed' },
      correlationId: 'c',
      causationId: 'c',
    },
  );
  const change = { actor: { kind: 'system', id: 'bed' }, correlationId: 'c' } as const;
  const makeAlice = (role: 'owner' | 'manager', tenantId: string) =>
    setMemberRole(ledger, tenantId, { personId: ALICE, role }, change);
  for (const tenantId of [BED_TENANT, TARGET]) {
    await setMemberRole(ledger, tenantId, { personId: `${ALICE.slice(0, -2)}b2`, role: 'owner' }, change);
    await makeAlice('owner', tenantId);
  }
  await target.fill({}, directoryGroupsSync);
  const requestsOf = (bed: Pick<typeof target, 'simulator'>) => bed.simulator.requests().length;
  return {
    source,
    target,
    ledger,
    makeAlice,
    change,
    async preview() {
      const input = { setId: BED_SET, sourceTenantId: BED_TENANT };
      const { runId } = await target.fill(input, restorePreview);
      const planned: PlannedPolicy[] = [];
      for await (const { type, data } of readRun(ledger, TARGET, runId))
        if (type === 'RestorePlanned') planned.push(...(data as { policies: PlannedPolicy[] }).policies);
      return { runId, planned: planned.sort((one, other) => (one.name < other.name ? -1 : 1)) };
    },
    queue: (previewRunId: string, dryRun = false) =>
      target.begin({ previewRunId, dryRun, ...(dryRun ? {} : { tenantName: TARGET_NAME }) }, restoreExecute),
    writes: () =>
      target.simulator
        .requests()
        .filter(({ method, path }) => method !== 'GET' && path !== '$batch')
        .map(({ method, path }) => `${method} ${path.replace(/\/[0-9a-f]{8}-[0-9a-f-]+/g, '/<id>')}`),
    policies: () => target.simulator.tenants()[0]?.state.page(CATALOG, 0, 10).entities ?? [],
    requestsOf,
    /** The uses of the set in the source's log. */
    uses: async () => {
      const uses: object[] = [];
      for await (const { type, data, envelope } of ledger.read(setUsesEntity.stream(BED_TENANT, BED_SET)))
        uses.push({ type, data, by: envelope.actorId, tenantId: envelope.tenantId, runId: envelope.runId });
      return uses;
    },
  };
}

t.test(
  'policies are restored from another tenant’s set, from the preview to the second restore',
  async (t) => {
    const { source, target, ...bed } = await twoTenants(t);
    const asked = bed.requestsOf(source);
    const { runId, planned } = await bed.preview();
    t.match(
      planned.map(({ name, action, liveId }) => ({ name, action, liveId })),
      [
        { name: 'Policy 0', action: 'create', liveId: null },
        { name: 'Policy 1', action: 'blocked', liveId: null },
        { name: 'Policy 2', action: 'recreated', liveId: 'c0000000-0000-4000-8000-000000000002' },
      ],
      'a policy of the same name is recognised, although each tenant hashes names with a key of its own',
    );
    t.match(
      planned[0]?.references,
      [{ resolution: 'mapped', becomes: PILOT.target }],
      'the group of the exact name',
    );
    t.match(planned[1]?.references, [{ resolution: 'missing', becomes: null }]);

    const becomes = { id: FOUND, name: 'Reception' };
    await setMapping.carryOut(
      bed.ledger,
      {
        sourceTenantId: BED_TENANT,
        changes: [{ kind: 'group', id: LOST, name: 'Front desk', becomes }],
      },
      { ...target.asked, now: 0 },
    );
    await t.rejects(bed.queue(runId), /map of groups, filters and tags was changed/);
    const mapped = await bed.preview();
    t.match(mapped.planned[1], { action: 'create', references: [{ resolution: 'mapped', becomes: FOUND }] });

    await target.attempt(await bed.queue(mapped.runId, true));
    t.same(bed.writes(), [], 'a dry run writes nothing');

    const restore = await bed.queue(mapped.runId);
    await target.attempt(restore);
    t.same(bed.writes().sort(), [
      `PATCH ${CATALOG}/<id>`,
      ...Array(2).fill(`POST ${CATALOG}`),
      ...Array(2).fill(`POST ${CATALOG}/<id>/assign`),
    ]);
    t.same(
      bed
        .policies()
        .map(({ name, description, assignments }) => [
          name,
          description,
          ((assignments ?? []) as { target: { groupId: string } }[]).map((one) => one.target.groupId),
        ])
        .sort(),
      [
        ['Policy 0', 'as it was', [PILOT.target]],
        ['Policy 1', 'as it was', [FOUND]],
        ['Policy 2', 'as it was', []],
      ],
    );
    t.equal(bed.requestsOf(source), asked, 'the source tenant’s Graph is never asked');
    t.match(await bed.uses(), [
      ...['preview', 'preview', 'dry_run', 'live'].map((use) => ({
        type: 'BackupSetUsedByOtherTenant',
        by: ALICE,
        tenantId: BED_TENANT,
        runId: undefined,
        data: { otherTenantId: TARGET, use },
      })),
      {
        type: 'BackupSetRestoredToOtherTenant',
        by: ALICE,
        tenantId: BED_TENANT,
        data: { runId: restore, otherTenantId: TARGET, succeeded: 3, skipped: 0, failed: 0 },
      },
    ]);
    t.same(
      (await bed.preview()).planned.map(({ action }) => action),
      ['recreated', 'recreated', 'recreated'].map(() => 'leave'),
      'a second restore has nothing to write',
    );
  },
);

t.test('a run stops when its right is revoked, before it reads or in the middle', async (t) => {
  const { target, ...bed } = await twoTenants(t, 9);
  for (const tenantId of [BED_TENANT, TARGET]) {
    const waiting = await target.begin({ setId: BED_SET, sourceTenantId: BED_TENANT }, restorePreview);
    await bed.makeAlice('manager', tenantId);
    const asked = bed.requestsOf(target);
    await t.rejects(target.attempt(waiting), {
      reasonCode: 'no_longer_permitted',
      message: tenantId === TARGET ? /role in this tenant/ : /role in the tenant of the backup set/,
    });
    t.equal(bed.requestsOf(target), asked, 'nothing was read');
    await bed.makeAlice('owner', tenantId);
    await target.attempt(waiting);
  }

  const input = { setId: BED_SET, sourceTenantId: BED_TENANT };
  const byProgram = await target.begin(input, restorePreview, { kind: 'api', clientId: LOCAL_CLIENT_ID });
  await t.rejects(target.attempt(byProgram), { message: /person who started this/ }, 'it takes a person');

  const { runId } = await bed.preview();
  const restore = await bed.queue(runId);
  const end = target.attempt(restore, {
    async write(method, path, body, call) {
      const answer = await target.writer.write(method, path, body, call);
      await bed.makeAlice('manager', BED_TENANT);
      return answer;
    },
  });
  await t.rejects(end, { reasonCode: 'no_longer_permitted', message: /tenant of the backup set/ });
  const begun = bed.writes().filter((write) => !write.endsWith('/assign')).length;
  t.ok(begun < 6, `${begun} policies were begun: those that had been read, and no others`);
  const last = (await bed.uses()).at(-1);
  t.match(
    last,
    { type: 'BackupSetRestoredToOtherTenant' },
    'the source tenant gets an event about the policies that were restored',
  );
});

t.test('a restore from another tenant continues after a crash at any append', async (t) => {
  const bed = await twoTenants(t);
  const { target } = bed;
  const wanted = [`PATCH ${CATALOG}/<id>`, `POST ${CATALOG}`, `POST ${CATALOG}/<id>/assign`];
  const step = process.env.OPSLEDGER_LONG === '1' ? 1 : 4;
  for (let killedAt = 1; ; killedAt += step) {
    const state = target.simulator.tenants()[0]?.state;
    for (const { id } of bed.policies()) state?.remove(CATALOG, String(id));
    state?.put(CATALOG, {
      ...assignedTo(2),
      id: 'c0000000-0000-4000-8000-000000000002',
      description: 'changed by accident',
    });
    const { runId } = await bed.preview();
    const before = bed.writes().length;
    const usesBefore = (await bed.uses()).length;
    const restore = await bed.queue(runId);
    const end = await target.attempt(restore, { killedAt }).catch((error: Error) => error);
    if (typeof end === 'string') return;
    await target.attempt(restore).catch((error: Error) => t.match(error.message, /ended|completed/i));
    t.same(bed.writes().slice(before).sort(), wanted, `each request once, killed at append ${killedAt}`);
    t.same(
      (await bed.uses()).slice(usesBefore).map((use) => (use as { type: string }).type),
      ['BackupSetUsedByOtherTenant', 'BackupSetRestoredToOtherTenant'],
      'the source tenant gets its event once',
    );
  }
});
