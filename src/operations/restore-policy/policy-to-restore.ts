import type { GraphCall } from '../../graph/client/graph-call.js';
import type { GraphReader } from '../../graph/client/graph-client.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { PolicyDocument } from '../../policies/policy-document.js';
import type { WriteInput } from '../../policies/writing/write-plan.js';
import type { ComparedHashes } from '../../snapshots/policy-hashes.js';
import type { Snapshot } from '../../snapshots/snapshot.js';
import type { ConnectedDirectory } from '../../tenancy/connected-directory.js';
import type { OperationServices } from '../operation-services.js';
import type { RunHandle } from '../run-handle.js';

/** One policy that a run restores. */
export interface PolicyToRestore
  extends Pick<
    WriteInput,
    'mode' | 'copyName' | 'includeAssignments' | 'includeScopeTags' | 'mapped' | 'graphRoot'
  > {
  /** Id of the run's item. */
  readonly itemId: string;
  /** The number in `copyName`; an attempt that goes on with a copy takes the number of the one that began it. */
  readonly copyNumber: number;
  readonly type: PolicyType;
  /** The policy as it was captured. */
  readonly snapshot: PolicyDocument;
  /**
   * Whether its assignments refer to a policy that the same restore is yet to create. Then everything but the
   * assignments is written.
   */
  readonly assignLater: boolean;
  /**
   * Whether a policy was there at the preview, or was written for another item of the run, so that no request of this
   * item has created it.
   */
  readonly isAnothers: (id: string) => boolean;
  /** The policy that the preview found, with its hashes then; null when there was none. */
  readonly previewed: ({ readonly id: string } & ComparedHashes) | null;
}

/** What restoring needs of the program and of its run. */
export interface Restoring {
  readonly services: Pick<OperationServices, 'ledger' | 'artifacts' | 'clock'>;
  /** A client that only reads; all writes go through the run's effects. */
  readonly graph: Pick<GraphReader, 'readWhole' | 'policy' | 'pages' | 'get'>;
  readonly run: Pick<RunHandle, 'tenantId' | 'runId' | 'produce' | 'effect'>;
  readonly call?: GraphCall;
  /** Keeps the version of a policy before it is overwritten, before the first request is sent. */
  readonly keepForUndo?: (before: Snapshot) => Promise<void>;
  /**
   * Called right before each request of a policy is sent to `directory`. Errors: EffectRefused, so that nothing is sent;
   * others as those of reading the log.
   */
  readonly beforeRequest?: (request: {
    readonly isFirst: boolean;
    readonly directory: ConnectedDirectory;
  }) => Promise<void>;
}

/** What an earlier attempt of the run wrote down before its first request of an item. */
export interface BegunRestore {
  /** Id of the snapshot of the policy before, or null when it was created. */
  readonly before: string | null;
  /** Milliseconds since 1970. */
  readonly plannedAt: number;
  /** Missing in what older programs wrote down. */
  readonly copyNumber?: number | undefined;
}
