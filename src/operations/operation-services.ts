import type { Clock } from '../clock.js';
import type { GraphReader } from '../graph/client/graph-client.js';
import type { LedgerReader } from '../ledger/ledger.js';
import type { RunHandle } from './run-handle.js';

/** What a handler may use of the world. Read models are not among it: they lag. */
export interface OperationServices {
  /** The log, to be read; a handler appends through its run alone. */
  readonly ledger: LedgerReader;
  readonly clock: Clock;
  readonly artifacts: ArtifactAccess;
  /** Reads the run's tenant. Writing is `run.effect`'s: no write of this client reaches a socket. */
  graph(options: { readonly tenantId: string; readonly run: RunHandle }): Promise<GraphReader>;
}

/** The part of the artifact store that operations use. */
export interface ArtifactAccess {
  put(tenantId: string, body: Uint8Array): Promise<string>;
  /** Undefined when it is not there (or no longer). */
  get(tenantId: string, address: string): Promise<Uint8Array | undefined>;
  /** Keyed hash under the tenant's key, 64 hex digits: equal texts of one tenant, and only those, are equal. */
  digest(tenantId: string, text: string): Promise<string>;
}
