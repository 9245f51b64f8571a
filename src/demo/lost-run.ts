import { appendDecided } from '../ledger/append-decided.js';
import type { Ledger } from '../ledger/ledger.js';
import { headAfter, type StreamHead } from '../ledger/stream-head.js';
import { scopeKeyOf } from '../policies/selection.js';
import { operationKey, operationStream, runIdOf } from '../runs/run-streams.js';

/** The selection of the lost run; no other run of the demo uses it. */
const SELECTION = { policyTypes: ['deviceShellScripts'] };
const COUNTS = { total: 12, processed: 5, succeeded: 5, failed: 0, skipped: 0 };

/**
 * Records, once, a run whose worker was lost. Losing a real worker would take minutes and stop the other runs of
 * the demo. All events are appended together, so that no worker takes the run.
 */
export async function recordLostRun(ledger: Ledger, tenantId: string, personId: string): Promise<void> {
  const scope = { scopeKey: scopeKeyOf(SELECTION) };
  const key = operationKey(tenantId, 'inventory.sync', scope);
  const stream = operationStream(tenantId, key);
  await appendDecided<{ head: StreamHead }, null>(ledger, stream, {
    async read() {
      return { head: headAfter(await ledger.last(stream)) };
    },
    decide({ head }) {
      if (head.revision >= 0) return { answer: null };
      const context = {
        tenantId,
        runId: runIdOf(key, 0),
        runStart: 0,
        actor: { kind: 'system', id: 'demo' },
        correlationId: 'demo',
        causationId: 'demo',
      } as const;
      return {
        events: [
          {
            type: 'RunQueued',
            data: {
              type: 'inventory.sync',
              definitionVersion: 1,
              input: SELECTION,
              scope,
              context: { selection: SELECTION, ...scope },
              initiator: { kind: 'member', personId },
              total: null,
              causedBy: null,
              related: [],
              title: 'Inventory of macOS shell scripts',
            },
          },
          { type: 'RunStarted', data: { attempt: 1, worker: 'worker-of-yesterday' } },
          { type: 'RunTotalSet', data: { total: COUNTS.total } },
          {
            type: 'RunItemsRecorded',
            data: {
              items: Array.from({ length: COUNTS.succeeded }, (_, index) => ({
                itemId: `deviceShellScripts/demo-${index + 1}`,
                label: `macOS - Shell script ${index + 1}`,
                outcome: 'succeeded' as const,
                subject: { type: 'deviceShellScripts', id: `demo-${index + 1}` },
                reasonCode: null,
                reason: null,
              })),
            },
          },
          {
            type: 'RunAborted',
            data: {
              reasonCode: 'worker_lost',
              reason: 'Nothing was heard of worker-of-yesterday any more, and no attempt was left.',
              counts: COUNTS,
            },
          },
        ],
        context,
      };
    },
  });
}
