import type { ChangeOutcome, EntityCommand } from '../../ledger/entity-command.js';
import type { ProducedRuns } from '../../producers/produced-runs.js';
import type { WebError } from '../web-error.js';
import type { AccessPort } from './access.js';
import type { ApiClientsPort, TenantRequest, WebActor } from './actors.js';
import type { AuditPort } from './audit.js';
import type { ConnectionsPort } from './connections.js';
import type { ExportsPort } from './exports.js';
import type { GroupSearchPort } from './group-search.js';
import type { MembersPort } from './members.js';
import type { NotificationsPort, SettingsPort, ViewsPort } from './personal.js';
import type { PersonsPort } from './persons.js';
import type { PolicyContentsPort } from './policy-contents.js';
import type { StartsPort } from './starts.js';
import type { SystemStatus } from './status.js';
import type { TokensPort } from './tokens.js';

/**
 * Everything the web needs from the write side and from primary data. The web imports only types, constants and pure
 * functions from the ledger and Graph, and nothing from the bus; the program passes in the rest. Pages read the hub's
 * read models directly from PostgreSQL, not through these ports.
 */
export interface WebPorts {
  readonly access: AccessPort;
  readonly persons: PersonsPort;
  /** Names of persons and API tokens by id. Unknown ids and forgotten persons are left out. At most 500 ids. */
  names(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  readonly starts: StartsPort;
  readonly producers: ProducedRuns;
  /**
   * The log position of the first event of a run, a backup set or a schedule, read from the log; undefined for other
   * kinds and when the tenant has none with that id.
   */
  recordedAt(tenantId: string, kind: string, id: string): Promise<number | undefined>;
  readonly notifications: NotificationsPort;
  readonly settings: SettingsPort;
  readonly views: ViewsPort;
  readonly apiClients: ApiClientsPort;
  readonly members: MembersPort;
  readonly tokens: TokensPort;
  /** Carries out a command of an entity if the actor may. When nothing was changed, the outcome says why. */
  change<Given>(
    actor: WebActor,
    command: EntityCommand<Given>,
    request: TenantRequest & { readonly given: Given },
  ): Promise<ChangeOutcome>;
  readonly audit: AuditPort;
  readonly exports: ExportsPort;
  readonly connections: ConnectionsPort;
  readonly groupSearch: GroupSearchPort;
  readonly policyContents: PolicyContentsPort;
  /** The present state from memory. It never waits, because every page calls it. */
  status(): SystemStatus;
  /** The WebError for a temporary error of a port; undefined for any other error. */
  troubleInWords(error: unknown): WebError | undefined;
  /** The present end of the log, read from the log. */
  headPosition(): Promise<number>;
}
