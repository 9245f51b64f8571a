import type { z } from 'zod';
import { policyEntity, SnapshotCaptured, snapshotIdOf } from '../entities/policy/policy.js';
import { isEvent, type RecordedOf } from '../ledger/event-registry.js';
import type { LedgerReader } from '../ledger/ledger.js';
import { EMPTY_HEAD, headAfter, type StreamHead } from '../ledger/stream-head.js';

/** The facts in the event of a snapshot. */
export type SnapshotFacts = z.output<typeof SnapshotCaptured.data>;

/** One kept version of a policy. */
export interface Snapshot extends SnapshotFacts {
  readonly id: string;
  readonly policyKey: string;
  /** The run that captured it. */
  readonly runId: string;
}

/** The snapshot that an event of a policy's stream describes. */
export function snapshotOf(policyKey: string, event: RecordedOf<typeof SnapshotCaptured>): Snapshot {
  const { data, revision, envelope } = event;
  return { ...data, id: snapshotIdOf(policyKey, revision), policyKey, runId: envelope.runId ?? '' };
}

/** The newest snapshot of a policy, and the end of its stream. Errors: those of the ledger's reads. */
export async function lastSnapshot(
  ledger: LedgerReader,
  tenantId: string,
  policyKey: string,
): Promise<{ readonly snapshot: Snapshot | undefined; readonly head: StreamHead }> {
  const stream = policyEntity.stream(tenantId, policyKey);
  let head: StreamHead | undefined;
  for await (const event of ledger.read(stream, { direction: 'backwards' })) {
    head ??= headAfter(event);
    if (isEvent(event, SnapshotCaptured)) return { snapshot: snapshotOf(policyKey, event), head };
  }
  return { snapshot: undefined, head: head ?? EMPTY_HEAD };
}
