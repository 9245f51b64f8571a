import type { Clock } from '../clock.js';
import type { GraphReader } from '../graph/client/graph-client.js';
import type { GraphPermission } from '../graph/permissions.js';
import type { LedgerReader } from '../ledger/ledger.js';
import type { GraphConnection } from '../tenancy/connection-events.js';
import type { RunHandle } from './run-handle.js';

/** What a handler may use of the world. Read models are not among it: they lag. */
export interface OperationServices {
  /** The log, to be read; a handler appends through its run alone. */
  readonly ledger: LedgerReader;
  readonly clock: Clock;
  readonly artifacts: ArtifactAccess;
  /** Reads the run's tenant. Writing is `run.effect`'s: no write of this client reaches a socket. */
  graph(options: { readonly tenantId: string; readonly run: RunHandle }): Promise<GraphReader>;
  /** The tenant's connection, or a proposed one, to be looked at. Errors: RunFailure where there is none. */
  connection(options: {
    readonly tenantId: string;
    readonly run: RunHandle;
    readonly proposed: GraphConnection | null;
  }): Promise<OpenConnection>;
  /** What each operation type of the program asks of Graph. */
  readonly graphNeeds: readonly GraphNeeds[];
}

/** A connection with what it reaches. */
export interface OpenConnection {
  readonly connection: GraphConnection;
  readonly graph: GraphReader;
  /** An access token. Errors: GraphError where there is none, with the reason. */
  token(): Promise<string>;
}

/** The application permissions that an operation type needs. */
export interface GraphNeeds {
  readonly type: string;
  readonly label: string;
  readonly permissions: readonly GraphPermission[];
}

/** The part of the artifact store that operations use. */
export interface ArtifactAccess {
  put(tenantId: string, body: Uint8Array): Promise<string>;
  /** Undefined when it is not there (or no longer). */
  get(tenantId: string, address: string): Promise<Uint8Array | undefined>;
  /** Keyed hash under the tenant's key, 64 hex digits: equal texts of one tenant, and only those, are equal. */
  digest(tenantId: string, text: string): Promise<string>;
}
