import t from 'tap';
import type { FaultOptions } from '../../src/graph/simulator/faults.js';
import type { GraphObject } from '../../src/graph/simulator/graph-value.js';
import type { LoggedRequest } from '../../src/graph/simulator/request-log.js';
import { startGraphSimulator } from '../../src/graph/simulator/start-graph-simulator.js';
import type { RawEvent } from '../../src/ledger/event-log.js';
import type { PlannedPolicy } from '../../src/operations/restore-preview/restore-events.js';
import type { ItemOutcome } from '../../src/runs/run-events.js';
import { catalogPolicy } from '../graph/simulator-and-client.js';
import { POLICIES } from '../support/captured-set.js';
import { longRun } from '../support/fault-bed.js';
import { startProductProcesses } from '../support/product-processes.js';
import { skipWithoutNats } from '../support/system-parts.js';
import { until } from '../support/until.js';

/**
 * Goal: a live restore changes everything exactly once, although the process that carries it out is killed. Method: real
 * processes on a real event store, PostgreSQL and nats-server; the simulator's log of requests says when the worker is
 * killed, and what was carried out. Only the long tests have it, because a takeover waits for the time that a request of
 * a restore may be under way; in CI the restores of one process die at each append and each request.
 */
const NUMBER = 45;
const SET = '5e700000-0000-4000-8000-000000000001';
const GROUP = { id: '11111111-1111-4111-8111-111111111111', displayName: 'Pilot' };
const TENANT_NAME = 'Faults';
/** Each look at the events reads the whole log. */
const LOOK_EVERY_MS = 2_000;

const kept = Array.from(
  { length: NUMBER },
  (_, index): GraphObject => ({
    ...catalogPolicy(index),
    platforms: 'windows10',
    technologies: 'mdm',
    description: 'as it was',
    assignments: [
      { id: 'a', target: { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: GROUP.id } },
    ],
  }),
);

/** A moment at which the worker is killed: what Graph does then, and how the log of requests shows it. */
interface Moment {
  readonly when: string;
  readonly fault?: FaultOptions;
  isNow(writes: readonly LoggedRequest[], requests: readonly LoggedRequest[]): boolean;
}

const PATCHES = 'configurationPolicies/[^/]+$';
const isSilent = ({ status }: LoggedRequest) => status === 0;

/** A run has three attempts, so it can lose two workers. */
const RESTORES: readonly (readonly Moment[])[] = [
  [
    {
      when: 'a change was carried out and its answer is lost',
      fault: { kind: 'hang', method: 'PATCH', path: PATCHES, after: 5 },
      isNow: (writes) => writes.some(isSilent),
    },
    {
      when: 'an intent is recorded and its request was not carried out',
      fault: { kind: 'status', status: 429, retryAfter: '600', method: 'POST', path: 'assign$', after: 9 },
      isNow: (writes) => writes.some(({ status }) => status === 429),
    },
  ],
  [
    {
      when: 'a policy was created and its answer is lost',
      fault: { kind: 'hang', method: 'POST', path: 'configurationPolicies$', after: 3 },
      isNow: (writes) => writes.some(isSilent),
    },
    {
      when: 'an assignment was carried out and its answer is lost',
      fault: { kind: 'hang', method: 'POST', path: 'assign$', after: 2 },
      isNow: (writes) => writes.filter(isSilent).length === 2,
    },
  ],
  [
    {
      when: 'a policy is read before it is written',
      fault: { kind: 'hang', method: 'GET', path: `configurationPolicies/${kept[40]?.id}` },
      isNow: (_, requests) => requests.some(isSilent),
    },
    { when: 'many requests are answered', isNow: (writes) => writes.length > NUMBER },
  ],
];

t.setTimeout(longRun ? 1_800_000 : 300_000);

const name = 'X35: live restores whose workers are killed';

t.test(name, { skip: longRun ? skipWithoutNats() : 'only in the long tests' }, async (t) => {
  const content = new Map([
    [POLICIES, kept],
    ['groups', [GROUP]],
  ]);
  const simulator = await startGraphSimulator({ source: { content } });
  t.teardown(() => simulator.stop());
  const stateOf = () => {
    const state = simulator.tenants()[0]?.state;
    if (!state) throw new Error('no tenant was asked for yet');
    return state;
  };
  const policies = () => stateOf().page(POLICIES, 0, NUMBER * 2).entities;
  const processes = await startProductProcesses(t, simulator.url);
  const { bed, workers, post, events } = processes;
  const eventsOf = async (type: string, runId: string) =>
    (await events(type)).filter(({ metadata }) => runIdOf(metadata) === runId);
  let runs = 0;
  const settled = async () => {
    runs += 1;
    await bed.settled(runs);
  };
  const run = async (type: string, input: object) => String((await post(0, '/runs', { type, input })).runId);

  await post(0, '/commands/backup_set.create', { setId: SET, name: 'Before the change' });
  const choice = { from: 'tenant', policyTypes: ['configurationPolicies'] };
  await run('backup_set.add_policies', { setId: SET, choice });
  await settled();

  for (const moments of RESTORES) {
    // Every third policy is gone; the others are changed, and assigned to nobody.
    const state = stateOf();
    for (const { id } of policies()) state.remove(POLICIES, String(id));
    for (const [index, policy] of kept.entries())
      if (index % 3 > 0)
        state.put(POLICIES, { ...policy, description: 'changed by accident', assignments: [] });
    const previewRunId = await run('restore.preview', { setId: SET });
    await settled();
    const from = simulator.requests().at(-1)?.sequence ?? 0;
    const requests = () => simulator.requests().filter(({ sequence }) => sequence > from);
    const writes = () => requests().filter(({ method, path }) => method !== 'GET' && path !== '$batch');

    const restore = await run('restore.execute', { previewRunId, dryRun: false, tenantName: TENANT_NAME });
    for (const [kills, { fault, isNow }] of moments.entries()) {
      if (fault) simulator.failNext(fault);
      await until(async () => isNow(writes(), requests()));
      const [attempt] = (await eventsOf('RunStarted', restore)).slice(-1);
      workers.find((worker) => worker.name === workerOf(attempt))?.signal('SIGKILL');
      await until(async () => (await eventsOf('RunStarted', restore)).length > kills + 1, LOOK_EVERY_MS);
    }
    await settled();

    const killed = moments.map(({ when }) => when).join('; ');
    const applied = writes().filter((request) => request.applied);
    const planned = (await eventsOf('RestorePlanned', previewRunId)).flatMap(
      ({ data }) => (data as { readonly policies: PlannedPolicy[] }).policies,
    );
    t.equal(
      applied.length,
      planned.reduce((sum, policy) => sum + policy.writes, 0),
      `each request was carried out once: ${killed}`,
    );
    t.equal(new Set(applied.map(({ clientRequestId }) => clientRequestId)).size, applied.length);
    t.same(
      policies()
        .map(({ name: its, description }) => `${its} ${description}`)
        .sort(),
      kept.map(({ name: its, description }) => `${its} ${description}`).sort(),
      'every policy is there once, as it was',
    );
    t.ok(policies().every(({ assignments }) => (assignments as readonly object[]).length === 1));
    const items = (await eventsOf('RunItemsRecorded', restore)).flatMap(
      ({ data }) => (data as { readonly items: ItemOutcome[] }).items,
    );
    t.equal(items.length, NUMBER, 'each item is recorded once');
    t.same(
      items.filter(({ outcome }) => outcome !== 'succeeded').map(({ label, reason }) => [label, reason]),
      [],
    );
    t.equal(
      (await eventsOf('RunStarted', restore)).length,
      moments.length + 1,
      'an attempt after each death',
    );
  }
  await processes.stop();
});

const runIdOf = (metadata: unknown): string | undefined => (metadata as { readonly runId?: string }).runId;

const workerOf = (attempt: RawEvent | undefined): string =>
  (attempt?.data as { readonly worker: string } | undefined)?.worker ?? '';
