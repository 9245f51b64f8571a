import type { Clock } from '../clock.js';
import { appendDecided } from '../ledger/append-decided.js';
import type { EnvelopeContext } from '../ledger/envelope.js';
import type { Ledger } from '../ledger/ledger.js';
import { headAfter } from '../ledger/stream-head.js';
import type { Liveness } from '../liveness/liveness.js';
import { scopeKeyOf } from '../policies/selection.js';
import { decide, type OperationCommand } from '../runs/decider.js';
import { readOperation } from '../runs/read-operation.js';
import type { ItemOutcome } from '../runs/run-events.js';
import { contextOf, type OperationState } from '../runs/run-state.js';
import { operationKey, operationStream, runIdOf } from '../runs/run-streams.js';

/** The selection of the lost run; no other run of the demo uses it. */
const SELECTION = { policyTypes: ['deviceShellScripts'] };
/** The workers that disappear, as many as the attempts that an inventory may have. */
const WORKERS = ['demo-worker-1', 'demo-worker-2', 'demo-worker-3'];
/** Shorter than the silence after which the product would let a working worker take over. */
const WORKS_FOR_MS = 4_000;
const ITEMS_BY_ATTEMPT = 2;
const TOTAL = 12;

interface LostRunDependencies {
  readonly ledger: Ledger;
  readonly liveness: Liveness;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Starts a run, once, and carries it out as three workers that disappear one after the other. The watchdog notices
 * that the last one is silent and ends the run. If the demo stops earlier, a real worker takes the run over.
 */
export async function loseWorkers(
  deps: LostRunDependencies,
  tenantId: string,
  personId: string,
): Promise<void> {
  const scope = { scopeKey: scopeKeyOf(SELECTION) };
  const key = operationKey(tenantId, 'inventory.sync', scope);
  const run = { tenantId, runId: runIdOf(key, 0) };
  if (!(await queueFor(deps, run, { key, scope, personId }))) return;
  for (const [index, worker] of WORKERS.entries()) {
    const attempt = index + 1;
    const claim = { runId: run.runId, attempt };
    const give = (command: OperationCommand) => append(deps, { ...run, key, attempt, worker }, command);
    if (index > 0)
      await give({
        kind: 'claim',
        runId: run.runId,
        worker,
        attemptLimit: WORKERS.length,
        holderLost: true,
      });
    await deps.liveness.beat({ ...run, attempt, worker });
    await give({ kind: 'set-total', claim, total: TOTAL });
    await deps.clock.sleep(WORKS_FOR_MS, deps.signal);
    if (deps.signal.aborted) return;
    await give({ kind: 'record-items', claim, items: itemsOf(attempt), produced: () => [] });
  }
}

interface RunOfTenant {
  readonly tenantId: string;
  readonly runId: string;
}

/**
 * Records the start together with the first worker's claim, so that no real worker takes the run. Returns whether
 * there was no such run yet.
 */
async function queueFor(
  { ledger }: LostRunDependencies,
  { tenantId, runId }: RunOfTenant,
  of: { readonly key: string; readonly scope: { readonly scopeKey: string }; readonly personId: string },
): Promise<boolean> {
  const { key, scope, personId } = of;
  const stream = operationStream(tenantId, key);
  const context: EnvelopeContext = {
    tenantId,
    runId,
    runStart: 0,
    actor: { kind: 'system', id: 'demo' },
    correlationId: 'demo',
    causationId: 'demo',
  };
  const queued = await appendDecided(ledger, stream, {
    read: async () => ({ head: headAfter(await ledger.last(stream)) }),
    decide({ head }) {
      if (head.revision >= 0) return { answer: 'known' };
      const data = {
        type: 'inventory.sync',
        definitionVersion: 1,
        input: SELECTION,
        scope,
        context: { selection: SELECTION, ...scope },
        initiator: { kind: 'member', personId } as const,
        total: null,
        causedBy: null,
        related: [],
        title: 'Inventory of macOS shell scripts',
      };
      const started = { attempt: 1, worker: WORKERS[0] };
      return {
        events: [
          { type: 'RunQueued', data },
          { type: 'RunStarted', data: started },
        ],
        context,
      };
    },
  });
  return 'appended' in queued;
}

/** Appends what a worker does; nothing when the run has ended or another worker has it. */
async function append(
  { ledger }: LostRunDependencies,
  by: RunOfTenant & { readonly key: string; readonly attempt: number; readonly worker: string },
  command: OperationCommand,
): Promise<void> {
  const { tenantId, key, attempt, worker } = by;
  const stream = operationStream(tenantId, key);
  await appendDecided<OperationState, null>(ledger, stream, {
    read: () => readOperation(ledger, stream),
    decide(state) {
      const decision = decide(state, command);
      if (!state.run || decision.kind !== 'append') return { answer: null };
      const actor = { kind: 'worker', id: worker } as const;
      return { events: decision.events, context: contextOf(state.run, { tenantId, attempt, actor }) };
    },
  });
}

function itemsOf(attempt: number): ItemOutcome[] {
  return Array.from({ length: ITEMS_BY_ATTEMPT }, (_, index) => {
    const number = (attempt - 1) * ITEMS_BY_ATTEMPT + index + 1;
    return {
      itemId: `deviceShellScripts/demo-${number}`,
      label: `macOS - Shell script ${number}`,
      outcome: 'succeeded' as const,
      subject: { type: 'deviceShellScripts', id: `demo-${number}` },
      reasonCode: null,
      reason: null,
    };
  });
}
