import t from 'tap';
import { expireBackupSet } from '../../../src/entities/backup-set/backup-set.js';
import type { GraphWriter } from '../../../src/graph/client/graph-client.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import type { GraphContent } from '../../../src/graph/simulator/tenant-state.js';
import { RunBudgetSpent } from '../../../src/operations/budgets.js';
import type { ClaimedRun } from '../../../src/worker/claimed-run.js';
import { catalogPolicy } from '../../graph/simulator-and-client.js';
import { BED_SET, createRestoreBed, type RestoreBed } from '../../support/restore-bed.js';
import { signal } from '../../support/signal.js';

/**
 * Goal: a restore that dies at any point is continued by the next attempt, and each change is made exactly once, or its
 * item says that this isn't known. Method: real claims of real runs; the process dies at each of its appends and
 * requests in turn. The simulator's log of requests is compared.
 */
/** Every crash point in `npm run test:long`, half of them in CI. */
const longRun = process.env.OPSLEDGER_LONG === '1';
const CATALOG = 'deviceManagement/configurationPolicies';
const ADMX = 'deviceManagement/groupPolicyConfigurations';
const GROUP = '11111111-1111-4111-8111-111111111111';
const DEFINITION = '22222222-2222-4222-8222-222222222222';
const PLATFORM = { platforms: 'windows10', technologies: 'mdm' };
const toGroup = { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: GROUP };

const template: GraphObject = {
  id: '33333333-3333-4333-8333-333333333333',
  displayName: 'ADMX',
  definitionValues: [{ id: 'v', enabled: true, definition: { id: DEFINITION }, presentationValues: [] }],
  assignments: [{ id: 'a', target: toGroup }],
};
const content: GraphContent = new Map([
  [CATALOG, [{ ...catalogPolicy(0), ...PLATFORM, description: 'as it was' }]],
  [ADMX, [template]],
  ['groups', [{ id: GROUP, displayName: 'Pilot' }]],
]);

/** One policy has other fields and assignments, and one is deleted: five requests in all. */
async function damaged(t: Parameters<typeof createRestoreBed>[0]): Promise<RestoreBed> {
  const bed = await createRestoreBed(t, content);
  bed.state.remove(ADMX, String(template.id));
  bed.state.put(CATALOG, {
    ...catalogPolicy(0),
    ...PLATFORM,
    description: 'damaged',
    assignments: [{ id: 'b', target: toGroup }],
  });
  return bed;
}

/** Damages the tenant again, so that one bed serves many restores. */
function damageAgain({ state }: RestoreBed): void {
  for (const { id } of state.page(ADMX, 0, 10, () => true).entities) state.remove(ADMX, String(id));
  state.put(CATALOG, {
    ...catalogPolicy(0),
    ...PLATFORM,
    description: 'damaged',
    assignments: [{ id: 'b', target: toGroup }],
  });
}

const REQUESTS = [
  `PATCH ${CATALOG}/<id>`,
  `POST ${ADMX}`,
  `POST ${ADMX}/<id>/assign`,
  `POST ${ADMX}/<id>/updateDefinitionValues`,
  `POST ${CATALOG}/<id>/assign`,
];

function assertOnce(
  t: { same(found: unknown, wanted: unknown, message: string): unknown },
  bed: RestoreBed,
  from: number,
  when: string,
): void {
  const applied = bed
    .writes(from)
    .filter((request) => request.applied)
    .map(({ method, path }) => `${method} ${path.replace(/\/[0-9a-f]{8}-[0-9a-f-]+/g, '/<id>')}`);
  t.same(applied.sort(), [...REQUESTS].sort(), `each request once, ${when}`);
}

t.test('a process that dies at an append', async (t) => {
  const bed = await damaged(t);
  let appends = 0;
  for (let killedAt = 1; ; killedAt += 1) {
    for (const answered of longRun ? [false, true] : [killedAt % 2 === 0]) {
      damageAgain(bed);
      const { runId } = await bed.preview();
      const from = bed.lastRequest();
      const restore = await bed.queue(runId);
      const end = await bed.attempt(restore, { killedAt, answered }).catch((error: Error) => error);
      if (typeof end === 'string') {
        t.ok(appends > 10, `${appends} appends`);
        return;
      }
      appends = killedAt;
      const isOver = await bed.counts(restore).then(({ processed }) => processed);
      t.ok(isOver <= 2);
      await bed.attempt(restore).catch((error: Error) => t.match(error.message, /ended|completed/i));
      assertOnce(t, bed, from, `killed at append ${killedAt}, ${answered ? 'after' : 'before'} it`);
    }
  }
});

t.test('a process that dies at a request', async (t) => {
  const bed = await damaged(t);
  for (let diesAt = 1; diesAt <= REQUESTS.length; diesAt++)
    for (const applied of [false, true])
      for (const audited of longRun ? [true, false] : [diesAt % 2 === 0]) {
        damageAgain(bed);
        const { runId } = await bed.preview();
        const from = bed.lastRequest();
        const restore = await bed.queue(runId);
        await bed.dieAt(restore, { nth: diesAt, applied });
        await (audited ? bed.attempt(restore) : bed.attemptWithoutAudit(restore));
        assertOnce(t, bed, from, `dead at request ${diesAt}, ${applied ? 'carried out' : 'not sent'}`);
        t.match(
          (await bed.items(restore)).map(({ outcome }) => outcome),
          ['succeeded', 'succeeded'],
        );
      }
});

t.test('a frozen worker that continues after the takeover of its run sends nothing', async (t) => {
  const bed = await damaged(t);
  const { runId } = await bed.preview();
  const from = bed.lastRequest();
  const restore = await bed.queue(runId);
  const frozen = signal();
  const wakes = signal();
  const claims: ClaimedRun[] = [];
  const write: GraphWriter['write'] = async (method, path, body, call) => {
    frozen.resolve();
    await wakes.promise;
    return bed.writer.write(method, path, body, call);
  };
  const sleeping = bed
    .attempt(restore, { write, onClaim: (run) => claims.push(run), lostAfterMs: 120_000 })
    .catch((error: Error) => error.name);
  await frozen.promise;
  await bed.clock.sleep(600_000);
  await bed.attempt(restore);
  assertOnce(t, bed, from, 'by the worker that took over');
  wakes.resolve();
  claims[0]?.prolong(bed.clock.monotonicMs());
  t.equal(await sleeping, 'ClaimLostError');
  assertOnce(t, bed, from, 'and by nobody else');
});

t.test('a restore waits while Graph throttles every write for ten minutes', async (t) => {
  const bed = await damaged(t);
  const { runId } = await bed.preview();
  const from = bed.lastRequest();
  const restore = await bed.queue(runId);
  const beganMs = bed.clock.monotonicMs();
  bed.simulator.failNext({ kind: 'status', status: 429, retryAfter: '60', method: 'PATCH', count: 10 });
  await bed.attempt(restore);
  const minutes = (bed.clock.monotonicMs() - beganMs) / 60_000;
  t.ok(minutes >= 10 && minutes < 15, `${minutes} minutes`);
  t.equal(
    bed.writes(from).filter(({ status }) => status === 429).length,
    10,
    'Graph is never asked before the time that it gave',
  );
  assertOnce(t, bed, from, 'after the wait');
  t.match(
    (await bed.items(restore)).map(({ outcome }) => outcome),
    ['succeeded', 'succeeded'],
  );
});

t.test('overwritten policies are saved in a set, also when the run ends early', async (t) => {
  const policies = Array.from({ length: 8 }, (_, index) => ({ ...catalogPolicy(index), ...PLATFORM }));
  const bed = await createRestoreBed(t, new Map([[CATALOG, policies]]));
  const damage = () => {
    for (const policy of policies) bed.state.put(CATALOG, { ...policy, description: 'damaged' });
  };
  damage();
  const kept = (restore: string) =>
    bed
      .events('BackupItemsAdded')
      .filter((event) => JSON.stringify(event.metadata).includes(restore))
      .flatMap(({ data }) => (data as { items: unknown[] }).items);
  /** Ends the attempt right after its first change, while it works on four policies. */
  const endedEarly = async (restore: string, reason: Error) => {
    let controller: AbortController | undefined;
    const write: GraphWriter['write'] = async (method, path, body, call) => {
      const answer = await bed.writer.write(method, path, body, call);
      controller?.abort(reason);
      return answer;
    };
    await t.rejects(
      bed.attempt(restore, {
        write,
        onClaim: (_, own) => {
          controller = own;
        },
      }),
    );
  };

  const first = await bed.queue((await bed.preview()).runId);
  const from = bed.lastRequest();
  await endedEarly(first, new RunBudgetSpent(1));
  const written = bed.writes(from).length;
  t.ok(written >= 1 && written <= 4, `${written} writes`);
  t.ok(kept(first).length >= written, 'its time is over');

  damage();
  const second = await bed.queue((await bed.preview()).runId);
  const since = bed.lastRequest();
  await endedEarly(second, new Error('the worker stops'));
  const overwritten = bed.writes(since).length;
  t.ok(
    overwritten >= 1 && kept(second).length >= overwritten,
    'before each request, so also by the last attempt',
  );
  await bed.attempt(second);
  t.equal(kept(second).length, policies.length, 'each once');
});

t.test('a set that expired before the work begins is not restored', async (t) => {
  const bed = await damaged(t);
  const { runId } = await bed.preview();
  const from = bed.lastRequest();
  const restore = await bed.queue(runId);
  await expireBackupSet.carryOut(bed.ledger, { setId: BED_SET, reason: 'Not needed.' }, bed.asked);
  t.match(await bed.attempt(restore).catch((error: unknown) => error), { reasonCode: 'backup_set_expired' });
  t.same(bed.writes(from), []);
});
