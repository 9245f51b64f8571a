import type { Test } from 'tap';
import { chainEvents } from '../../src/ledger/chain-events.js';
import type { EnvelopeContext } from '../../src/ledger/envelope.js';
import { EMPTY_HEAD, headAfter } from '../../src/ledger/stream-head.js';
import type { ProductDraft, ProductEvent } from '../../src/program/product-events.js';
import { productEvents } from '../../src/program/product-events.js';
import { type Decision, decide, type OperationCommand } from '../../src/runs/decider.js';
import { evolve, type OperationState } from '../../src/runs/run-state.js';
import { runIdOf } from '../../src/runs/run-streams.js';

export const TENANT = '11111111-1111-4111-8111-111111111111';
export const PERSON = '22222222-2222-4222-8222-222222222222';
export const KEY = '0123456789abcdef0123456789abcdef';
export const STREAM = `operation-${TENANT}.${KEY}`;

/** Turns drafts into events as a stream would hold them, with ids and hashes. */
export function record(drafts: readonly ProductDraft[], at = Date.UTC(2026, 0, 1)): ProductEvent[] {
  let head = EMPTY_HEAD;
  let runStart = 0;
  let attempt = 0;
  let ids = 0;
  return drafts.map((draft) => {
    if (draft.type === 'RunQueued') {
      runStart = head.revision + 1;
      attempt = 0;
    }
    if (draft.type === 'RunStarted') attempt = draft.data.attempt;
    const context: EnvelopeContext = {
      tenantId: TENANT,
      runId: runIdOf(KEY, runStart),
      runStart,
      ...(attempt > 0 ? { attempt } : {}),
      actor: { kind: 'worker', id: 'w-1' },
      correlationId: 'c',
      causationId: 'c',
    };
    const place = { stream: STREAM, head, context, at, newId: () => `id-${++ids}` };
    const [chained] = chainEvents(productEvents, [draft], place);
    if (!chained) throw new Error('nothing was chained');
    const event = productEvents.decode({
      stream: STREAM,
      revision: head.revision + 1,
      position: ids,
      id: chained.id,
      type: chained.type,
      data: chained.data,
      metadata: chained.metadata,
    }) as ProductEvent;
    head = headAfter(event);
    return event;
  });
}

export function stateAfter(drafts: readonly ProductDraft[]): OperationState {
  return record(drafts).reduce(evolve, { head: EMPTY_HEAD, run: undefined });
}

/**
 * given(events).when(command).then(expected). After an append it also checks that the same command, sent again to the
 * resulting state, appends nothing, unless the command has a new meaning each time.
 */
export function given(t: Test, ...drafts: ProductDraft[]) {
  return {
    when(command: OperationCommand) {
      const decision = decide(stateAfter(drafts), command);
      return {
        appends(expected: readonly ProductDraft[], { repeats = false } = {}) {
          t.strictSame(decision, { kind: 'append', events: expected });
          const again = decide(stateAfter([...drafts, ...expected]), command);
          t.equal(again.kind === 'append', repeats, 'sent again');
        },
        doesNothing(because: Extract<Decision, { kind: 'nothing' }>['because']) {
          t.strictSame(decision, { kind: 'nothing', because });
        },
        isRefused(code: Extract<Decision, { kind: 'refused' }>['code']) {
          t.strictSame(decision, { kind: 'refused', code });
        },
      };
    },
  };
}
