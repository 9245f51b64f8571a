import type { Clock } from '../clock.js';
import type { ExportStorage } from '../exports/export-storage.js';
import type { GraphReader } from '../graph/client/graph-client.js';
import type { GraphPermission } from '../graph/permissions.js';
import type { LedgerReader } from '../ledger/ledger.js';
import type { ArtifactAccess } from '../snapshots/artifact-access.js';
import type { GraphConnection } from '../tenancy/connection-events.js';
import type { RunHandle } from './run-handle.js';

/** What a handler may use besides its run. Read models are not part of it, because they lag behind the log. */
export interface OperationServices {
  /** For reading the log; a handler appends only through its run. */
  readonly ledger: LedgerReader;
  readonly clock: Clock;
  readonly artifacts: ArtifactAccess;
  /** Where the files of exports are stored. */
  readonly exportFiles: ExportStorage;
  /** The ids of all tenants that this program serves. */
  tenantIds(): readonly string[];
  /**
   * Opens a client that reads the run's tenant. It refuses writes before they reach a socket; handlers write by
   * `run.effect`.
   */
  graph(options: { readonly tenantId: string; readonly run: RunHandle }): Promise<GraphReader>;
  /** Opens the tenant's connection, or a proposed one, for a check. Errors: RunFailure when there is none. */
  connection(options: {
    readonly tenantId: string;
    readonly run: RunHandle;
    readonly proposed: GraphConnection | null;
  }): Promise<OpenConnection>;
  /** The Graph permissions that each operation type of the program needs. */
  readonly graphNeeds: readonly GraphNeeds[];
}

/** A connection with a client and a token source for it. */
export interface OpenConnection {
  readonly connection: GraphConnection;
  readonly graph: GraphReader;
  /** Fetches an access token. Errors: GraphError with the reason when there is none. */
  token(): Promise<string>;
}

/** The application permissions that an operation type needs. */
export interface GraphNeeds {
  readonly type: string;
  readonly label: string;
  readonly permissions: readonly GraphPermission[];
}
