import type { ChangeOutcome, EntityCommand } from '../../ledger/define-command.js';
import type { ProducedRuns } from '../../producers/produced-runs.js';
import type { WebError } from '../web-error.js';
import type { AccessPort } from './access.js';
import type { ApiClientsPort, TenantRequest, WebActor } from './actors.js';
import type { AuditPort } from './audit.js';
import type { ConnectionsPort } from './connections.js';
import type { MembersPort } from './members.js';
import type { NotificationsPort, SettingsPort, ViewsPort } from './personal.js';
import type { PersonsPort } from './persons.js';
import type { StartsPort } from './starts.js';
import type { SystemStatus } from './status.js';
import type { TokensPort } from './tokens.js';

/**
 * Everything the web needs from the write side and from primary data. The web imports nothing of the ledger, the
 * bus or Graph; whoever composes the program hands these in. Reads of the hub don't come through here: pages
 * read them from Postgres themselves.
 */
export interface WebPorts {
  readonly access: AccessPort;
  readonly persons: PersonsPort;
  readonly starts: StartsPort;
  readonly producers: ProducedRuns;
  /** Where in the log a run of a tenant begins, asked of the log; undefined where there is none of that id. */
  recordedAt(tenantId: string, runId: string): Promise<number | undefined>;
  readonly notifications: NotificationsPort;
  readonly settings: SettingsPort;
  readonly views: ViewsPort;
  readonly apiClients: ApiClientsPort;
  readonly members: MembersPort;
  readonly tokens: TokensPort;
  /** Carries out a command of an entity, where the actor may; a change that isn't made says why. */
  change<Given>(
    actor: WebActor,
    command: EntityCommand<Given>,
    request: TenantRequest & { readonly given: Given },
  ): Promise<ChangeOutcome>;
  readonly audit: AuditPort;
  readonly connections: ConnectionsPort;
  /** What is known at this moment, from memory: it is asked for on every page and must not wait. */
  status(): SystemStatus;
  /** What an error of a port means for the caller, where it is trouble that passes; undefined for any other. */
  troubleInWords(error: unknown): WebError | undefined;
  /** Where the log ends right now, asked of the log. */
  headPosition(): Promise<number>;
}
