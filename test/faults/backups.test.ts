import t from 'tap';
import { readBackupSet } from '../../src/entities/backup-set/read-backup-set.js';
import { startGraphSimulator } from '../../src/graph/simulator/start-graph-simulator.js';
import type { RawEvent } from '../../src/ledger/event-log.js';
import { catalogPolicies, POLICIES } from '../support/captured-set.js';
import { longRun, TENANT } from '../support/fault-bed.js';
import { startProductProcesses } from '../support/product-processes.js';
import { skipWithoutNats } from '../support/system-parts.js';
import { until } from '../support/until.js';

/**
 * Goal: a backup set holds each policy once, although the process that fills it is killed. Method: real processes on a
 * real event store, PostgreSQL and nats-server; the set is made and filled over the API of two web processes. Only
 * the long tests have it, because it starts many processes; in CI the tests of filling a set have deaths of their own.
 */
const SET_POLICIES = 500;
/** At how many snapshots the worker of the run is killed; a run has three attempts. */
const KILLED_WITH = [50, 300];
/** How many policies further a request is left without an answer, so that the run can't end before the kill. */
const HANGS_AFTER = 25;
const SET = '5e700000-0000-4000-8000-000000000001';

const name = 'X34: a set of 500 policies is filled by processes that are killed';

t.test(name, { skip: longRun ? skipWithoutNats() : 'only in the long tests' }, async (t) => {
  const policies = catalogPolicies(SET_POLICIES);
  const idOf = (policy: number) => String((policies[policy] as { readonly id?: string } | undefined)?.id);
  const simulator = await startGraphSimulator({ source: { content: new Map([[POLICIES, policies]]) } });
  t.teardown(() => simulator.stop());
  const processes = await startProductProcesses(t, simulator.url);
  const { bed, ledger, workers, post, events } = processes;
  await post(0, '/commands/backup_set.create', { setId: SET, name: 'Before the change' });
  const choice = { from: 'tenant', policyTypes: ['configurationPolicies'] };
  const input = { setId: SET, choice };
  const { runId } = await post(1, '/runs', { type: 'backup_set.add_policies', input });
  const attempts = async () =>
    (await events('RunStarted')).filter(({ metadata }) => runIdOf(metadata) === runId);
  for (const [kills, captured] of KILLED_WITH.entries()) {
    simulator.failNext({ kind: 'hang', path: idOf(captured + HANGS_AFTER) });
    await until(async () => (await events('SnapshotCaptured')).length >= captured);
    const [attempt] = (await attempts()).slice(-1);
    workers.find(({ name }) => name === workerOf(attempt))?.signal('SIGKILL');
    await until(async () => (await attempts()).length > kills + 1);
  }
  await bed.settled(1);
  const end = (await events('RunCompleted')).find(({ metadata }) => runIdOf(metadata) === runId);
  const counts = { total: SET_POLICIES, processed: SET_POLICIES, succeeded: SET_POLICIES };
  t.match(end?.data, { counts: { ...counts, failed: 0, skipped: 0 } });
  t.equal((await attempts()).length, KILLED_WITH.length + 1, 'an attempt after each death');
  t.equal((await readBackupSet(ledger, TENANT, SET))?.items.size, SET_POLICIES);
  const added = (await events('BackupItemsAdded')).flatMap(
    ({ data }) => (data as { readonly items: readonly object[] }).items,
  );
  t.equal(added.length, SET_POLICIES, 'each policy was added once');
  const streams = (await events('SnapshotCaptured')).map(({ stream }) => stream);
  t.equal(streams.length, SET_POLICIES, 'and captured once');
  t.equal(new Set(streams).size, SET_POLICIES);
  await processes.stop();
  t.same(await bed.broken(), []);
});

const runIdOf = (metadata: unknown): string | undefined => (metadata as { readonly runId?: string }).runId;

const workerOf = (attempt: RawEvent | undefined): string =>
  (attempt?.data as { readonly worker: string } | undefined)?.worker ?? '';
