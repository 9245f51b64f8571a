import { createHmac } from 'node:crypto';
import { BrokenSealError } from '../../src/db/sealed-bytes.js';
import type { GraphClient } from '../../src/graph/client/graph-client.js';
import type { JsonObject } from '../../src/ledger/canonical-json.js';
import type { OperationDefinition } from '../../src/operations/define.js';
import type { Effect } from '../../src/operations/effect.js';
import type { OperationServices } from '../../src/operations/operation-services.js';
import { RunFailure } from '../../src/operations/run-failure.js';
import type { RunHandle } from '../../src/operations/run-handle.js';
import type { ProductDraft, ProductEvent } from '../../src/program/product-events.js';
import { type RepeatedItem, repeatedDraft } from '../../src/runs/decider.js';
import { LOCAL_CLIENT_ID } from '../../src/runs/initiator.js';
import { readRun } from '../../src/runs/read-operation.js';
import { originKey } from '../../src/runs/repeated-items.js';
import type { ItemOutcome } from '../../src/runs/run-events.js';
import { operationKey, parseRunId } from '../../src/runs/run-streams.js';
import { directoryOf } from '../../src/tenancy/connected-directory.js';
import { produceOnce } from '../../src/worker/produce-once.js';
import { createEventBuilder } from './event-builder.js';
import { completed } from './hub-scenario.js';

export const BED_TENANT = '0d0d0d0d-0000-4000-8000-000000000001';

/** The events and contents that an operation run recorded. */
export interface BedRun {
  readonly runId: string;
  readonly items: readonly ItemOutcome[];
  readonly events: readonly ProductEvent[];
  readonly summary: string;
}

interface EarlierAttempt {
  readonly items?: readonly ItemOutcome[];
  readonly repeats?: readonly RepeatedItem[];
}

/** Contents by their address. Addresses and digests are HMACs with a fixed key, as in the product. */
export function createBedArtifacts(stored = new Map<string, Uint8Array>()) {
  // The recorded log of an older release has addresses and fingerprints of this tenant under this key.
  const keyOf = (tenantId: string) => (tenantId === BED_TENANT ? 'a fixed key' : `the key of ${tenantId}`);
  const hmac = (tenantId: string, data: Uint8Array | string) =>
    createHmac('sha256', keyOf(tenantId)).update(data).digest('hex');
  const owners = new Map<string, string>();
  /** Addresses whose stored bytes can't be decrypted until the content is stored again. */
  const unreadable = new Set<string>();
  return {
    stored,
    unreadable,
    put: async (tenantId: string, body: Uint8Array) => {
      const address = hmac(tenantId, body);
      stored.set(address, body);
      unreadable.delete(address);
      owners.set(address, tenantId);
      return address;
    },
    /** Contents that another tenant put aren't found. */
    get: async (tenantId: string, address: string) => {
      if (unreadable.has(address)) throw new BrokenSealError(`The sealed bytes of ${address} were changed.`);
      return (owners.get(address) ?? tenantId) === tenantId ? stored.get(address) : undefined;
    },
    digest: async (tenantId: string, text: string) => hmac(tenantId, text),
  };
}

/**
 * Carries operations out on a log and artifacts in memory. Plan, handler and merge are the real ones; everything that a
 * run records is one append. A refusal is thrown as an Error with its code as message.
 */
export function createOperationBed(
  graph: Partial<GraphClient>,
  { builder = createEventBuilder(), artifacts = createBedArtifacts() } = {},
) {
  const { ledger, clock } = builder;
  const connection = { baseUrl: 'https://graph.microsoft.com/beta', signIn: null };
  const services: Partial<OperationServices> = {
    ledger,
    clock,
    artifacts,
    tenantIds: () => [BED_TENANT],
    graph: async () => graph as GraphClient,
    connection: async () => ({
      connection,
      graph: graph as GraphClient,
      token: async () => 'token',
    }),
  };

  /** Sends an effect between its two events, as a run does that meets no trouble. */
  async function performed<Result extends JsonObject | null>(
    runId: string,
    { itemId, intent, send }: Effect<Result>,
  ): Promise<Result> {
    const { action, details = {} } = intent;
    const clientRequestId = builder.chance.uuid();
    const effect = { itemId, action, tryNumber: 1, clientRequestId };
    const intended: ProductDraft = { type: 'EffectIntended', data: { ...effect, details } };
    await builder.toRun(BED_TENANT, runId, intended);
    const result = await send({
      clientRequestId,
      signal: new AbortController().signal,
      beforeRequest: async () => undefined,
      graph: async () => ({ directory: directoryOf(connection), write: (graph as GraphClient).write }),
    });
    const settled = { ...effect, outcome: 'applied', lookedUp: false, result } as const;
    await builder.toRun(BED_TENANT, runId, {
      type: 'EffectSettled',
      data: { ...settled, reasonCode: null, reason: null },
    });
    return result;
  }

  /** `earlier` is what an attempt before this one has recorded. */
  async function run(
    definition: OperationDefinition,
    input: unknown = {},
    earlier: EarlierAttempt = {},
  ): Promise<BedRun> {
    const given = definition.input.parse(input);
    const planned = await definition.plan(given, {
      ledger,
      tenantId: BED_TENANT,
      connected: true,
      now: 0,
      allowsIn: () => true,
    });
    if ('refusal' in planned) throw new Error(planned.refusal.code);
    const { scope, context, title, related } = planned.plan;
    const key = operationKey(BED_TENANT, definition.type, scope);
    const queued = { type: definition.type, scope, context, title, related: [...related] };
    const runId = await builder.queue(BED_TENANT, key, queued);
    await builder.toRun(BED_TENANT, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'w-1' } });
    const { summary, drafts, items, repeated } = await handled(definition, context, runId, earlier);
    await builder.toRun(BED_TENANT, runId, ...drafts);
    const ended = completed(items, summary.summary, { repeated });
    await builder.toRun(BED_TENANT, runId, {
      type: 'RunCompleted',
      data: { ...(ended.data as object), related: [...summary.related] },
    } as ProductDraft);
    const events: ProductEvent[] = [];
    for await (const event of readRun(ledger, BED_TENANT, runId)) events.push(event as ProductEvent);
    return { runId, items, events, summary: summary.summary };
  }

  async function handled(
    definition: OperationDefinition,
    context: object,
    runId: string,
    earlier: EarlierAttempt,
  ) {
    const recorded = new Map(earlier.items?.map((item) => [item.itemId, item]));
    const repeats: RepeatedItem[] = [...(earlier.repeats ?? [])];
    const produced: ProductDraft[] = [];
    const handle: Partial<RunHandle> = {
      tenantId: BED_TENANT,
      runId,
      initiator: { kind: 'api', clientId: LOCAL_CLIENT_ID },
      signal: new AbortController().signal,
      recorded,
      get repeated() {
        return new Set(repeats.map(originKey));
      },
      repeat: async (item) => void repeats.push(item),
      async *history() {},
      setTotal: async () => undefined,
      flush: async () => undefined,
      waiting: () => undefined,
      record: async (outcome, draft) => {
        if (recorded.has(outcome.itemId)) return;
        recorded.set(outcome.itemId, outcome);
        if (draft) produced.push(draft as ProductDraft);
      },
      withinItemBudget: (work) => work(new AbortController().signal),
      effect: (effect) => performed(runId, effect),
      failure: (code, reason) => new RunFailure<string>(code, reason),
      produce: (stream, draft, expected) =>
        produceOnce(ledger, {
          run: { runId, queuedPosition: 0 },
          stream,
          draft,
          expected,
          context: {
            tenantId: BED_TENANT,
            runId,
            attempt: 1,
            actor: { kind: 'worker', id: 'w-1' },
            correlationId: 'c',
            causationId: 'c',
          },
        }),
    };
    const summary = await definition.handle(handle as RunHandle, context, services as OperationServices);
    const items = [...recorded.values()];
    const drafts: ProductDraft[] = [...(definition.merge(produced) as ProductDraft[])];
    if (items.length > 0) drafts.unshift({ type: 'RunItemsRecorded', data: { items } });
    if (repeats.length > 0) drafts.push(repeatedDraft(repeats) as ProductDraft);
    return { summary, drafts, items, repeated: repeats.length };
  }

  return { builder, artifacts, run };
}

export type OperationBed = ReturnType<typeof createOperationBed>;

/** The findings in the events of a run. */
export const findingsIn = ({ events }: BedRun) =>
  events.flatMap((event) => (event.type === 'FindingsDetected' ? event.data.findings : []));

/** The revision at which a run starts, for tests that read its stream. */
export const startOf = (runId: string): number => parseRunId(runId)?.startRevision ?? -1;
