import type { GraphCall } from '../../graph/client/graph-call.js';
import type { GraphReader } from '../../graph/client/graph-client.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { Snapshot } from '../../snapshots/snapshot.js';
import type { ConnectedDirectory } from '../../tenancy/connected-directory.js';
import type { OperationServices } from '../operation-services.js';
import type { RestoreSource } from '../restore-source/restore-source.js';
import type { RunHandle } from '../run-handle.js';
import type { ChosenSnapshot } from './chosen-snapshots.js';
import type { PreviewContext } from './restore-options.js';
import type { PreviewWords } from './restore-vocabulary.js';

/** A preview that is under way. */
export interface Preview {
  readonly run: RunHandle<PreviewWords>;
  readonly options: PreviewContext;
  readonly services: OperationServices;
  readonly source: RestoreSource;
  readonly graph: GraphReader;
  readonly call: GraphCall;
  /** The directory that is read. */
  readonly directory: ConnectedDirectory;
}

/** A chosen snapshot with what its event says. */
export interface Chosen extends ChosenSnapshot {
  readonly facts: Snapshot;
  readonly type: PolicyType;
  /** Policies of a lower rank are planned and written first. */
  readonly rank: number;
}
