import type { Test } from 'tap';
import type { GraphWriter } from '../../src/graph/client/graph-client.js';
import type { LoggedRequest } from '../../src/graph/simulator/request-log.js';
import type { GraphSimulatorOptions } from '../../src/graph/simulator/start-graph-simulator.js';
import type { GraphContent } from '../../src/graph/simulator/tenant-state.js';
import { EMPTY_HEAD } from '../../src/ledger/stream-head.js';
import { backupSetAddPolicies } from '../../src/operations/backup-set-add-policies/backup-set-add-policies.js';
import { restoreExecute } from '../../src/operations/restore-execute/restore-execute.js';
import { type PlannedPolicy, RestorePlanned } from '../../src/operations/restore-preview/restore-events.js';
import { restorePreview } from '../../src/operations/restore-preview/restore-preview.js';
import { POLICY_TYPES } from '../../src/policies/catalogue/policy-types.js';
import { readRun } from '../../src/runs/read-operation.js';
import { tenantStream } from '../../src/tenancy/tenant-events.js';
import { BED_TENANT, createFillingBed, type FillingBedOptions } from './filling-bed.js';
import { createSeededChance } from './seeded-chance.js';
import { signal } from './signal.js';
import { createVirtualTime } from './virtual-time.js';

export const BED_SET = '5e700000-0000-4000-8000-000000000001';
const TENANT_NAME = 'Contoso';

/**
 * A simulated tenant whose writable policies are all kept in one backup set, and restores of it by real claims of real
 * runs. Log and artifacts are in memory; client, runs and simulator share one virtual time.
 */
export async function createRestoreBed(
  t: Pick<Test, 'teardown'>,
  content: GraphContent,
  simulation: Omit<GraphSimulatorOptions, 'source' | 'clock' | 'chance'> = {},
  options: Pick<FillingBedOptions, 'otherTenants'> = {},
) {
  const { clock, serverClock, fetch } = createVirtualTime();
  const bed = await createFillingBed(t, content, {
    clock,
    fetch,
    simulation: { clock: serverClock, chance: createSeededChance(1), ...simulation },
    ...options,
  });
  const { simulator, ledger, writer } = bed;
  await ledger.append(
    tenantStream(BED_TENANT),
    EMPTY_HEAD,
    [{ type: 'TenantRegistered', data: { slug: 'contoso', name: TENANT_NAME } }],
    {
      tenantId: BED_TENANT,
      actor: { kind: 'system', id: 'bed' },
      correlationId: 'c',
      causationId: 'c',
    },
  );
  const kept: { readonly policyType: string; readonly policyId: string }[] = [];
  for (const type of POLICY_TYPES.filter(({ writing }) => writing !== null))
    for await (const policy of writer.policies(type))
      if (policy.id !== null) kept.push({ policyType: type.name, policyId: policy.id });
  await bed.makeSet(BED_SET, 'Before the change');
  for (let from = 0; from < kept.length; from += 500)
    await bed.fill(
      { setId: BED_SET, choice: { from: 'list', policies: kept.slice(from, from + 500) } },
      backupSetAddPolicies,
    );
  const state = simulator.tenants()[0]?.state;
  if (!state) throw new Error('the simulator has no tenant');

  return {
    ...bed,
    clock,
    serverClock,
    fetch,
    kept,
    state,
    /** Previews a restore of the set, or of another one. */
    async preview(input: object = {}) {
      const { runId, summary } = await bed.fill({ setId: BED_SET, ...input }, restorePreview);
      const planned: PlannedPolicy[] = [];
      for await (const { type, data } of readRun(ledger, BED_TENANT, runId))
        if (type === RestorePlanned.type)
          planned.push(...(data as { readonly policies: PlannedPolicy[] }).policies);
      return { runId, summary, planned };
    },
    /** Queues a live restore, or a dry run. Resolves to its run's id. */
    queue: (previewRunId: string, dryRun = false) =>
      bed.begin({ previewRunId, dryRun, ...(dryRun ? {} : { tenantName: TENANT_NAME }) }, restoreExecute),
    /**
     * Attempts a restore in a process that dies at its nth write, of those to `path` when one is given. `applied`: Graph
     * has carried out that write.
     */
    async dieAt(
      restoreRunId: string,
      {
        nth,
        path: counted,
        applied,
      }: { readonly nth: number; readonly path?: string; readonly applied: boolean },
    ): Promise<void> {
      const dead = signal();
      let sent = 0;
      const write: GraphWriter['write'] = async (method, path, body, call) => {
        if (path === (counted ?? path)) sent += 1;
        if (sent < nth) return writer.write(method, path, body, call);
        await call?.beforeWrite?.();
        if (applied) await writer.write(method, path, body, { ...call, beforeWrite: undefined });
        dead.resolve();
        return new Promise(() => undefined);
      };
      await bed.attempt(restoreRunId, { write, gone: dead.promise }).catch(() => undefined);
    },
    /** Attempts a restore while Graph hides audit events, so that only the policies show what was carried out. */
    async attemptWithoutAudit(restoreRunId: string): Promise<void> {
      simulator.failNext({ kind: 'status', status: 403, method: 'GET', path: 'auditEvents', count: 9 });
      await bed.attempt(restoreRunId);
      simulator.clearFaults();
    },
    /** The requests after a sequence number that could have written, as the simulator logged them. */
    writes: (after = 0): readonly LoggedRequest[] =>
      simulator
        .requests()
        .filter(({ sequence, method, path }) => sequence > after && method !== 'GET' && path !== '$batch'),
    lastRequest: () => simulator.requests().at(-1)?.sequence ?? 0,
  };
}

export type RestoreBed = Awaited<ReturnType<typeof createRestoreBed>>;
