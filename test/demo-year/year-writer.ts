import { DEMO_TENANTS, type DemoTenant } from '../../src/demo/demo-tenants.js';
import { registerDemoTenant } from '../../src/demo/set-up-demo.js';
import type { Actor, EnvelopeContext } from '../../src/ledger/envelope.js';
import type { Ledger } from '../../src/ledger/ledger.js';
import { EMPTY_HEAD, type StreamHead } from '../../src/ledger/stream-head.js';
import { LEDGER_STREAM } from '../../src/ledger/streams.js';
import type { ProductDraft } from '../../src/program/product-events.js';
import { actorOf } from '../../src/runs/initiator.js';
import { operationKey, operationStream, runIdOf } from '../../src/runs/run-streams.js';
import { tenantIdOf } from '../../src/tenancy/tenant-commands.js';
import type { SeededChance } from '../support/seeded-chance.js';

export type Queued = Extract<ProductDraft, { type: 'RunQueued' }>['data'];

/** A run that is being written. */
export interface OpenRun {
  readonly runId: string;
  /** Appends to it, as its worker. */
  send(...drafts: readonly ProductDraft[]): Promise<void>;
}

/** A demo tenant in the ledger. */
export interface YearTenant extends DemoTenant {
  readonly tenantId: string;
}

/** Appends to streams that nobody else writes, so that it knows each one's head. */
export function createYearWriter(ledger: Ledger, chance: SeededChance) {
  const heads = new Map<string, StreamHead>();
  let runs = 0;

  async function append(
    stream: string,
    drafts: readonly ProductDraft[],
    context: { readonly actor: Actor } & Partial<EnvelopeContext>,
  ): Promise<void> {
    const id = chance.uuid();
    const { head } = await ledger.append(stream, heads.get(stream) ?? EMPTY_HEAD, drafts, {
      correlationId: id,
      causationId: id,
      ...context,
    });
    heads.set(stream, head);
  }

  /** Creates the ledger and registers the demo's tenants in it. */
  async function begin(): Promise<readonly YearTenant[]> {
    const ledgerId = chance.uuid();
    await append(LEDGER_STREAM, [{ type: 'LedgerCreated', data: { ledgerId } }], {
      actor: { kind: 'system', id: 'demo' },
    });
    for (const tenant of DEMO_TENANTS) await registerDemoTenant(ledger, ledgerId, tenant);
    return DEMO_TENANTS.map((tenant) => ({ ...tenant, tenantId: tenantIdOf(ledgerId, tenant.slug) }));
  }

  /** Opens a run and returns the writer of its later events. */
  async function queue(tenantId: string, queued: Queued): Promise<OpenRun> {
    const key = operationKey(tenantId, queued.type, queued.scope);
    const stream = operationStream(tenantId, key);
    const runStart = (heads.get(stream) ?? EMPTY_HEAD).revision + 1;
    const runId = runIdOf(key, runStart);
    const correlationId = chance.uuid();
    const run = { tenantId, runId, runStart, correlationId };
    await append(stream, [{ type: 'RunQueued', data: queued }], {
      ...run,
      actor: actorOf(queued.initiator),
    });
    runs += 1;
    let attempt: number | undefined;
    return {
      runId,
      async send(...drafts) {
        for (const draft of drafts) if (draft.type === 'RunStarted') attempt = draft.data.attempt;
        const actor = { kind: 'worker', id: 'worker-1' } as const;
        await append(stream, drafts, { ...run, actor, ...(attempt === undefined ? {} : { attempt }) });
      },
    };
  }

  return {
    append,
    begin,
    queue,
    /** Runs opened so far. */
    runs: () => runs,
  };
}

export type YearWriter = ReturnType<typeof createYearWriter>;
