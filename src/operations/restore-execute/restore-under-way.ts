import type { GraphCall } from '../../graph/client/graph-call.js';
import type { GraphReader } from '../../graph/client/graph-client.js';
import { isEvent, type RecordedEvent } from '../../ledger/event-registry.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { WriteRequest } from '../../policies/writing/write-plan.js';
import { EffectSettled } from '../../runs/run-events.js';
import type { OperationServices } from '../operation-services.js';
import { addBegun } from '../restore-policy/begun-restores.js';
import type { BegunRestore } from '../restore-policy/policy-to-restore.js';
import type { ReferenceResolver } from '../restore-preview/reference-resolution.js';
import type { PlannedBefore } from '../restore-preview/resolve-references.js';
import type { RestoreSource } from '../restore-source/restore-source.js';
import type { RunHandle } from '../run-handle.js';
import type { WordsOf } from '../vocabulary.js';
import type { executeVocabulary } from './execute-vocabulary.js';
import type { LiveNames } from './live-names.js';
import type { WriteCheck } from './may-still-write.js';
import type { UsablePreview } from './read-preview.js';
import { RestoreApplied } from './restore-applied.js';
import type { UndoSet } from './undo-set.js';

export type ExecuteWords = WordsOf<typeof executeVocabulary>;

/** A restore that is to be carried out. */
export interface Restore {
  readonly run: RunHandle<ExecuteWords>;
  readonly services: OperationServices;
  readonly preview: UsablePreview;
  readonly source: RestoreSource;
  readonly dryRun: boolean;
  /** Null in a dry run. */
  readonly undoSet: UndoSet | null;
}

/** A restore with what is known while policies are written one after another. */
export interface RestoreUnderWay extends Restore, Earlier {
  readonly graph: GraphReader;
  /** The beginning of addresses in bodies. */
  readonly graphRoot: string;
  readonly call: GraphCall;
  readonly resolver: ReferenceResolver;
  /** Ids of policies of this restore that failed or can't be written, in lower case. */
  readonly failed: Set<string>;
  /** Null in a dry run. */
  readonly writeCheck: WriteCheck | null;
  /** The items that were created and are not assigned yet. */
  readonly unassigned: Set<string>;
  readonly namesOf: (type: PolicyType) => Promise<LiveNames>;
}

/** The effect that creates a policy. */
export const CREATE: WriteRequest['what'] = 'create';

/** What a run has done so far. */
export interface Earlier {
  /** The items that earlier attempts have begun to write. */
  readonly begun: Map<string, BegunRestore>;
  /** What references to the written policies become, by their old ids in lower case. */
  readonly written: Map<string, NonNullable<ReturnType<PlannedBefore['get']>>>;
  /** Ids of all policies that the run has created or changed, in lower case. */
  readonly touched: Set<string>;
  /** The items of creates with an unknown outcome. Their policies may exist. */
  readonly unknownCreates: Set<string>;
}

/** What earlier attempts have begun and written, from the run's events. */
export async function earlierIn(history: AsyncIterable<RecordedEvent>): Promise<Earlier> {
  const begun = new Map<string, BegunRestore>();
  const written: Earlier['written'] = new Map();
  const touched = new Set<string>();
  const unknownCreates = new Set<string>();
  for await (const event of history) {
    addBegun(begun, event);
    if (isEvent(event, EffectSettled)) {
      const { itemId, action, outcome, result } = event.data;
      if (typeof result?.id === 'string') touched.add(result.id.toLowerCase());
      if (action === CREATE && outcome === 'ambiguous') unknownCreates.add(itemId);
    }
    if (isEvent(event, RestoreApplied))
      for (const { policyId, liveId } of event.data.policies)
        written.set(policyId.toLowerCase(), { action: 'recreated', liveId });
  }
  return { begun, written, touched, unknownCreates };
}
