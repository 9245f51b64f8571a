import { z } from 'zod';
import { defineOperation } from '../src/operations/define.js';
import { startRun } from '../src/starting/start-run.js';
import { registerTenant } from '../src/tenancy/tenant-commands.js';
import { withProduct } from './product.js';
import { type BenchOptions, quantile, report } from './report.js';

const FLOOD = 1_000;
const WORK_MS = 20;
const SLOTS = 8;
const SLOTS_PER_TENANT = 4;
const ASKED = 50;
const PERSON = '22222222-2222-4222-8222-222222222222';

/**
 * How long one tenant's single run waits until its handler begins, with and without a thousand runs of another tenant
 * queued before it. The longest wait should stay within the duration of one run.
 */
export async function run(options: BenchOptions): Promise<void> {
  const begun = new Map<string, () => void>();
  const operation = defineOperation({
    type: 'bench.work',
    label: 'Work',
    description: `Takes ${WORK_MS} ms.`,
    itemisedBy: 'nothing',
    input: z.object({ id: z.string() }),
    scope: z.object({ id: z.string() }),
    context: z.object({ id: z.string() }),
    plan: async ({ id }) => ({
      plan: { scope: { id }, context: { id }, title: id, total: 0, related: [] },
    }),
    handle: async (_run, { id }) => {
      begun.get(id)?.();
      await new Promise((resolve) => setTimeout(resolve, WORK_MS));
      return { summary: 'done', related: [] };
    },
  });
  await withProduct(
    { operations: [operation], slots: SLOTS, slotsPerTenant: SLOTS_PER_TENANT },
    async (program) => {
      const { ledger, ledgerId } = program.infrastructure;
      const change = { actor: { kind: 'system', id: 'bench' }, correlationId: 'bench' } as const;
      const [busy, other] = await Promise.all(
        ['busy', 'other'].map((slug) =>
          registerTenant(ledger, { ledgerId, slug, name: slug, ownerId: PERSON }, change),
        ),
      );
      if (!busy || !other) throw new Error('two tenants were registered');
      const start = (tenantId: string, id: string) =>
        startRun(program.starts, {
          tenantId,
          type: 'bench.work',
          input: { id },
          initiator: { kind: 'api', clientId: 'bench' },
          correlationId: id,
          connected: true,
          allows: () => true,
        });
      const waitOf = async (id: string): Promise<number> => {
        const began = new Promise<void>((resolve) => begun.set(id, resolve));
        const from = performance.now();
        await start(other.tenantId, id);
        await began;
        return performance.now() - from;
      };
      const measure = async (metric: string) => {
        const took: number[] = [];
        for (let n = 0; n < ASKED; n++) took.push(await waitOf(`${metric}-${n}`));
        took.sort((a, b) => a - b);
        for (const [name, p] of [
          ['p50', 0.5],
          ['p99', 0.99],
        ] as const)
          report(
            {
              bench: 'fairness',
              subject: 'opsledger',
              metric: `${metric}_${name}`,
              unit: 'ms',
              value: quantile(took, p),
              n: ASKED,
            },
            options,
          );
      };
      await measure('wait_alone');
      let flooding = true;
      let flooded = 0;
      // The other tenant's queue is kept full during the measurement.
      const flood = Promise.all(
        Array.from({ length: 16 }, async () => {
          while (flooding) await start(busy.tenantId, `flood-${flooded++}`);
        }),
      );
      while (flooded < FLOOD) await new Promise((resolve) => setImmediate(resolve));
      await measure('wait_with_flood');
      flooding = false;
      await flood;
      report(
        { bench: 'fairness', subject: 'limit', metric: 'one_slot', unit: 'ms', value: WORK_MS, n: 1 },
        options,
      );
    },
  );
}
