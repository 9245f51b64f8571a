import { type Clock, systemChance, systemClock } from '../../src/clock.js';
import { createBackupSet } from '../../src/entities/backup-set/backup-set.js';
import { readBackupSet } from '../../src/entities/backup-set/read-backup-set.js';
import type { ExportStorage } from '../../src/exports/export-storage.js';
import { createGraphClient } from '../../src/graph/client/create-graph-client.js';
import type { GraphWriter } from '../../src/graph/client/graph-client.js';
import {
  type GraphSimulatorOptions,
  startGraphSimulator,
} from '../../src/graph/simulator/start-graph-simulator.js';
import type { GraphContent } from '../../src/graph/simulator/tenant-state.js';
import type { EventLog } from '../../src/ledger/event-log.js';
import { createLedger, type Ledger } from '../../src/ledger/ledger.js';
import { backupSetAddPolicies } from '../../src/operations/backup-set-add-policies/backup-set-add-policies.js';
import type { OperationDefinition } from '../../src/operations/define.js';
import type { OperationServices } from '../../src/operations/operation-services.js';
import { OPERATIONS } from '../../src/operations/registry.js';
import { productEvents } from '../../src/program/product-events.js';
import { LOCAL_CLIENT_ID } from '../../src/runs/initiator.js';
import { readOperation, readRun } from '../../src/runs/read-operation.js';
import type { Initiator, ItemOutcome } from '../../src/runs/run-events.js';
import { countsOf, latestRun } from '../../src/runs/run-state.js';
import { operationKey, operationStream, runIdOf } from '../../src/runs/run-streams.js';
import { type ConnectedDirectory, directoryOf } from '../../src/tenancy/connected-directory.js';
import { ClaimedRun } from '../../src/worker/claimed-run.js';
import { OUTCOME_BATCH_LIMITS } from '../../src/worker/outcome-batch.js';
import { createMemoryLog } from './memory-log.js';
import { createBedArtifacts } from './operation-bed.js';

export const BED_TENANT = '1f2d3c4b-0000-4000-8000-000000000001';
const PERSON = { kind: 'member', id: '1f2d3c4b-0000-4000-8000-00000000000a' } as const;
const LOST_AFTER_MS = 3_600_000;

/** A process was killed during its work; none of its later appends reaches the log. */
export class Killed extends Error {}

export interface FillingBedOptions {
  /** The operation that `begin` and `fill` start. */
  readonly definition?: OperationDefinition;
  readonly exportFiles?: ExportStorage;
  readonly clock?: Clock;
  /** Sends the requests of the Graph client. */
  readonly fetch?: typeof fetch;
  readonly simulation?: Omit<GraphSimulatorOptions, 'source'>;
  readonly tenantId?: string;
  readonly initiator?: Initiator;
  /** The other tenants of the program. */
  readonly otherTenants?: readonly string[];
  /** A bed of another tenant, whose log and artifacts are used here too. */
  readonly beside?: {
    readonly log: ReturnType<typeof createMemoryLog>;
    readonly artifacts: ReturnType<typeof createBedArtifacts>;
  };
}

/** The end of one attempt. */
interface AttemptEnds {
  /** The append at which the process is killed, counted from 1. */
  readonly killedAt?: number;
  /** Whether that append is carried out. */
  readonly answered?: boolean;
  /** Sends the writes to Graph. */
  readonly write?: GraphWriter['write'];
  /** The directory that this process takes for the tenant's when it writes. */
  readonly writesTo?: ConnectedDirectory;
  /** Resolves when the process is killed while it waits for something that never answers. */
  readonly gone?: Promise<unknown>;
  /** Is given the run and what aborts it. */
  readonly onClaim?: (run: ClaimedRun, controller: AbortController) => void;
  /** How long the claim lasts without a sign of life. */
  readonly lostAfterMs?: number;
}

/**
 * Fills backup sets from a simulated tenant, or carries out another operation on it, by real claims of real runs, on a
 * log and artifacts in memory. An attempt can be killed after some appends, with or without the last of them.
 */
export async function createFillingBed(
  t: { teardown(end: () => Promise<void>): void },
  content: GraphContent,
  {
    definition: usual = backupSetAddPolicies,
    exportFiles,
    clock = systemClock,
    fetch: ownFetch = fetch,
    simulation = {},
    tenantId = BED_TENANT,
    initiator = { kind: 'api', clientId: LOCAL_CLIENT_ID },
    otherTenants = [],
    beside,
  }: FillingBedOptions = {},
) {
  const simulator = await startGraphSimulator({ ...simulation, source: { content } });
  t.teardown(() => simulator.stop());
  const log = beside?.log ?? createMemoryLog();
  const ledgerOn = (on: EventLog): Ledger =>
    createLedger({ events: productEvents, log: on, clock, chance: systemChance });
  const ledger = ledgerOn(log);
  const artifacts = beside?.artifacts ?? createBedArtifacts();
  const asked = { tenantId, actor: PERSON, correlationId: 'c', now: 0 };

  async function begin(input: object, definition = usual, startedBy: Initiator = initiator): Promise<string> {
    const parsed = definition.input.parse(input);
    const given = definition.inputToKeep
      ? await definition.inputToKeep(parsed, (body) => artifacts.put(tenantId, body))
      : parsed;
    const planned = await definition.plan(given, {
      ledger,
      tenantId,
      connected: true,
      now: 0,
      allowsIn: () => true,
    });
    if ('refusal' in planned) throw new Error(planned.refusal.message);
    const { scope, context, title, total, related } = planned.plan;
    const { type, version } = definition;
    const key = operationKey(tenantId, type, scope);
    const stream = operationStream(tenantId, key);
    const { head } = await readOperation(ledger, stream);
    const runId = runIdOf(key, head.revision + 1);
    const data = {
      type,
      definitionVersion: version,
      input: {},
      scope,
      context,
      total,
      title,
      causedBy: null,
      initiator: startedBy,
      related: [...related],
    };
    await ledger.append(stream, head, [{ type: 'RunQueued', data }], contextOf(runId, head.revision + 1));
    return runId;
  }

  const contextOf = (runId: string, runStart: number) => ({
    tenantId,
    runId,
    runStart,
    actor: { kind: 'system', id: 'bed' } as const,
    correlationId: 'c',
    causationId: 'c',
  });

  const client = (readOnly: boolean) =>
    createGraphClient({
      baseUrl: simulator.url,
      token: async () => 'a-token',
      readOnly,
      clock,
      chance: systemChance,
      fetch: ownFetch,
    });
  const writer = client(false);
  const connection = { baseUrl: simulator.url, signIn: null };

  /** Carries out the run's next attempt. Errors: Killed when the process is killed; those of the handler. */
  async function attempt(
    runId: string,
    {
      killedAt = Number.POSITIVE_INFINITY,
      answered = false,
      lostAfterMs = LOST_AFTER_MS,
      ...over
    }: AttemptEnds = {},
  ): Promise<string> {
    const key = runId.slice(0, 32);
    const stream = operationStream(tenantId, key);
    const before = await readOperation(ledger, stream);
    const attempts = latestRun(before).attempt + 1;
    const started = { type: 'RunStarted', data: { attempt: attempts, worker: 'w' } };
    await ledger.append(stream, before.head, [started], contextOf(runId, latestRun(before).start));
    const { write, writesTo, gone, onClaim } = over;
    let appends = 0;
    const dying: EventLog = {
      ...log,
      async append(...args) {
        appends += 1;
        if (appends > killedAt || (appends === killedAt && !answered)) throw new Killed();
        const appended = await log.append(...args);
        if (appends === killedAt) throw new Killed();
        return appended;
      },
    };
    const definition = [usual, ...OPERATIONS].find(({ type }) => type === latestRun(before).type);
    if (!definition) throw new Error(`nothing carries ${runId} out`);
    const controller = new AbortController();
    const run = new ClaimedRun(
      {
        ledger: ledgerOn(dying),
        clock,
        stream,
        controller,
        openGraphWriter: async () => ({
          directory: writesTo ?? directoryOf(connection),
          write: write ?? writer.write,
        }),
        definition,
        tenantId,
        worker: 'w',
        limits: { ...OUTCOME_BATCH_LIMITS, waitMs: 5 },
        claimedMs: clock.monotonicMs(),
        lostAfterMs,
      },
      await readOperation(ledger, stream),
    );
    onClaim?.(run, controller);
    const graph = client(true);
    const services: Partial<OperationServices> = {
      ledger,
      clock,
      artifacts,
      tenantIds: () => [tenantId, ...otherTenants],
      graph: async () => graph,
      connection: async () => ({ connection, graph, token: async () => 'a-token' }),
      ...(exportFiles && { exportFiles }),
    };
    try {
      const state = latestRun(await readOperation(ledger, stream));
      const handled = definition.handle(run, definition.contextOf(state), services as OperationServices);
      const killed = gone?.then((): never => {
        throw new Killed();
      });
      const done = await (killed ? Promise.race([handled, killed]) : handled);
      await run.complete(done);
      return done.summary;
    } finally {
      controller.abort();
    }
  }

  return {
    simulator,
    ledger,
    log,
    artifacts,
    begin,
    attempt,
    asked,
    writer,
    makeSet: (setId: string, name = 'Set') => createBackupSet.carryOut(ledger, { setId, name }, asked),
    set: async (setId: string) => {
      const set = await readBackupSet(ledger, tenantId, setId);
      if (!set) throw new Error(`there is no set ${setId}`);
      return set;
    },
    /** Starts a run and carries it out to its end. */
    fill: async (input: object, definition = usual) => {
      const runId = await begin(input, definition);
      return { runId, summary: await attempt(runId) };
    },
    counts: async (runId: string) =>
      countsOf(latestRun(await readOperation(ledger, operationStream(tenantId, runId.slice(0, 32))))),
    /** The items that the run recorded itself. */
    items: async (runId: string) => {
      const items: ItemOutcome[] = [];
      for await (const { type, data } of readRun(ledger, tenantId, runId))
        if (type === 'RunItemsRecorded') items.push(...(data as { items: ItemOutcome[] }).items);
      return items;
    },
    events: (type: string) => log.events.filter((event) => event.type === type),
  };
}
