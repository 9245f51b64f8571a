import type { z } from 'zod';
import type { PlatformRole, Role, TenantRole } from '../access/roles.js';
import type { CloudName } from '../graph/tokens/clouds.js';
import type { ChangeOutcome, EntityCommand } from '../ledger/define-command.js';
import type { ProducedRuns } from '../producers/produced-runs.js';
import type { ReasonCode } from '../runs/reason-codes.js';
import type { WebError } from './web-error.js';

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

/** Who acts through the web. Pages know persons, the API knows clients and persons alike. */
export type WebActor =
  | { readonly kind: 'member'; readonly personId: string }
  | ({ readonly kind: 'api' } & Pick<ApiClient, 'clientId' | 'name' | 'capabilities'>);

export interface TenantSummary {
  readonly tenantId: string;
  readonly slug: string;
  readonly name: string;
  /** Who may do what there is not known: an event about it can't be read by this version of the program. */
  readonly closed: boolean;
}

export interface TenantMembership extends TenantSummary {
  /** Never empty: a tenant role, platform roles, or both. */
  readonly roles: readonly Role[];
}

/** Membership as the log has it, from a fold that is kept current; never from read models, which lag. */
export interface AccessPort {
  /** Every tenant by id or slug, archived ones included; undefined when there is none. */
  tenant(idOrSlug: string): TenantSummary | undefined;
  /** Roles of a person in a tenant; empty without any. */
  rolesOf(personId: string, tenantId: string): readonly Role[];
  /** The tenants in which a person has a role, by name. */
  tenantsOf(personId: string): readonly TenantMembership[];
  /** All tenants by name, for API clients of the whole installation. */
  allTenants(): readonly TenantSummary[];
  /**
   * The tenant that an id belongs to, archived ones included; undefined for ids that exist nowhere. The kinds are
   * those that read models declare as `addressed`.
   */
  tenantOf(kind: string, id: string): Promise<string | undefined>;
}

export interface Person {
  readonly personId: string;
  readonly displayName: string;
}

/** Names are primary data: a forgotten person has none. */
export interface PersonsPort {
  /** Display names by person id; persons that are unknown or forgotten are left out. At most 500 ids. */
  names(personIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Notes somebody who has just signed in with the provider; answers their person id, fresh or known. */
  noteSignIn(claims: {
    readonly issuer: string;
    readonly subject: string;
    readonly displayName: string | null;
    readonly email: string | null;
  }): Promise<string>;
}

/** An operation type, as far as pages and the API show it. */
export interface OperationSummary {
  readonly type: string;
  /** For people: "Inventory". */
  readonly label: string;
  readonly description: string;
  readonly version: number;
  readonly itemisedBy: string;
  /** Workers of the program, or a program outside over the API. */
  readonly carriedOutBy: 'worker' | 'producer';
  readonly input: z.ZodType;
  /** Codes that it has besides the built-in ones. */
  readonly reasonCodes: Readonly<Record<string, ReasonCode>>;
}

export interface StartRequest {
  readonly tenantId: string;
  readonly type: string;
  /** Unchecked: the type's own schema decides. */
  readonly input: unknown;
  readonly correlationId: string;
  readonly causedBy?: { readonly runId: string; readonly relation: string };
  /** An API client's name for this very request: sent again, it answers the run that it started. */
  readonly requestKey?: string;
}

export interface Refusal {
  /** A refusal code of the list of reason codes. */
  readonly code: string;
  readonly message: string;
  /** The run that stands in the way, where there is one. */
  readonly runId?: string;
}

export type StartOutcome =
  | {
      /** `repeated`: this request, by its key, was carried out before; its run may have ended. */
      readonly kind: 'started' | 'reused' | 'repeated';
      readonly runId: string;
      /** Log position that a page must have reached to show the run; -1 when it is shown already. */
      readonly position: number;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A run to be started again, with the input that it was given or an edited one (R9). */
export interface StartAgainRequest {
  readonly tenantId: string;
  readonly runId: string;
  readonly input?: unknown;
  readonly correlationId: string;
}

/** What a type asks for with an input is checked here, from the log of the tenant (R4, R5). */
export interface StartsPort {
  /** Every operation type, in the order in which pages offer them. */
  readonly types: readonly OperationSummary[];
  start(actor: WebActor, request: StartRequest): Promise<StartOutcome>;
  startAgain(actor: WebActor, request: StartAgainRequest): Promise<StartOutcome>;
}

/** Acts that are no event elsewhere. */
export interface AuditPort {
  /** Records that an export is downloaded; to be awaited before its first byte is sent. */
  exported(
    actor: WebActor,
    download: TenantRequest & {
      readonly what: string;
      readonly format: string;
      /** What was chosen: an id, or the filters of a list as its address has them. */
      readonly subject: string | null;
      readonly rows: number | null;
    },
  ): Promise<{ readonly position: number }>;
}

export interface NotificationsPort {
  /** Marks the person's own notifications read; `['*']` for all so far. At most 200 ids. */
  markRead(
    personId: string,
    change: {
      readonly tenantId: string;
      readonly notificationIds: readonly string[];
      readonly correlationId: string;
    },
  ): Promise<{ readonly position: number }>;
}

/** What a person chose for all of their pages. */
export interface PersonSettings {
  /** IANA name, or null where nothing was chosen. */
  readonly timeZone: string | null;
  /** Whether single keys are shortcuts. */
  readonly singleKeys: boolean;
}

export interface SettingsPort {
  /** Sets what a person chose for the pages of all their tenants; a zone of null is the installation's. */
  set(
    personId: string,
    settings: PersonSettings,
    correlationId: string,
  ): Promise<{ readonly position: number }>;
}

/** A change of a person's saved views; a view is known by its name, in any case. */
export type ViewChange =
  | { readonly kind: 'save'; readonly name: string; readonly query: string }
  | { readonly kind: 'remove'; readonly name: string }
  /** Opens the list with the view; null with none. */
  | { readonly kind: 'default'; readonly name: string | null };

export interface ViewsPort {
  /** Records changes together. Answers the ids of the views that they name. */
  change(
    personId: string,
    request: TenantRequest & { readonly changes: readonly ViewChange[] },
  ): Promise<{ readonly position: number; readonly viewIds: ReadonlyMap<string, string> }>;
}

export interface TenantRequest {
  readonly tenantId: string;
  readonly correlationId: string;
}

/**
 * The log decides, whether the actor may do it included; the last owner stays one. A change holds for this process
 * at once.
 */
export interface MembersPort {
  /**
   * The person id of somebody who is to be given a role. By issuer and subject nobody needs to have signed in yet;
   * undefined for a person id that nobody has.
   */
  personOf(
    who:
      | { readonly personId: string }
      | { readonly issuer: string; readonly subject: string; readonly displayName: string },
  ): Promise<string | undefined>;
  /** `shownRole` is what the actor saw: another change meanwhile is refused rather than overwritten. */
  setRole(
    actor: WebActor,
    request: TenantRequest & {
      readonly personId: string;
      readonly role: TenantRole;
      readonly shownRole: TenantRole | null;
    },
  ): Promise<ChangeOutcome>;
  remove(actor: WebActor, request: TenantRequest & { readonly personId: string }): Promise<ChangeOutcome>;
  setAccess(
    actor: WebActor,
    request: TenantRequest & {
      readonly personId: string;
      readonly role: PlatformRole;
      readonly granted: boolean;
    },
  ): Promise<ChangeOutcome>;
}

/** An API token as its tenant's page lists it; times in milliseconds since 1970. */
export interface TokenSummary {
  readonly tokenId: string;
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly createdBy: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

export interface TokensPort {
  /** Those that work first, the newest first; at most 200. */
  list(tenantId: string): Promise<readonly TokenSummary[]>;
  /** The tenant that a token belongs to; undefined for an id that no token has. */
  tenantOf(tokenId: string): Promise<string | undefined>;
  /** Answers the token itself, for this one time. A token id is good for one token. */
  issue(
    actor: WebActor,
    request: TenantRequest & {
      readonly tokenId: string;
      readonly name: string;
      /** Names of TOKEN_CAPABILITIES. */
      readonly capabilities: readonly string[];
      readonly lifetimeMs: number;
    },
  ): Promise<
    | {
        readonly kind: 'issued';
        readonly token: string;
        /** As it is kept, without what must not be. */
        readonly name: string;
        readonly expiresAt: number;
      }
    | { readonly kind: 'refused'; readonly message: string }
  >;
  revoke(actor: WebActor, request: TenantRequest & { readonly tokenId: string }): Promise<ChangeOutcome>;
}

/** What an app proves itself to Entra with, as somebody gave it. */
export type GivenProof =
  | { readonly kind: 'secret'; readonly secret: string }
  /** PEM or PFX, with the key. */
  | { readonly kind: 'certificate'; readonly file: Uint8Array; readonly passphrase: string | null };

/** A tenant's connection to Microsoft Graph. */
export interface ConnectionsPort {
  readonly clouds: readonly { readonly name: CloudName; readonly label: string }[];
  /**
   * Seals a credential and starts the run that signs in with it, after which it takes over. `invalid` says what of
   * it can't be used.
   */
  propose(
    actor: Extract<WebActor, { kind: 'member' }>,
    request: TenantRequest & {
      readonly directoryId: string;
      readonly clientId: string;
      readonly cloud: CloudName;
      /** Other servers than the cloud's (a simulator's), or null. */
      readonly authority: string | null;
      readonly graphUrl: string | null;
      readonly proof: GivenProof;
    },
  ): Promise<StartOutcome | { readonly kind: 'invalid'; readonly message: string }>;
  /** Removes the connection and every sealed credential of the tenant. */
  remove(actor: Extract<WebActor, { kind: 'member' }>, request: TenantRequest): Promise<ChangeOutcome>;
}

/** A program that uses the API with a bearer token. */
export interface ApiClient {
  readonly clientId: string;
  readonly name: string;
  /** The one tenant that the token is for, or null for the whole installation (the local CLI). */
  readonly tenantId: string | null;
  /** Names of `src/access/capabilities.ts`. */
  readonly capabilities: readonly string[];
}

export interface ApiClientsPort {
  /** The client of a token that is valid now, or undefined. Compares hashes, in constant time. */
  authenticate(token: string): Promise<ApiClient | undefined>;
}

const PART_STATES = ['ok', 'degraded', 'down'] as const;
export type PartState = (typeof PART_STATES)[number];

export interface BlockingEvent {
  /** `stream@revision`. */
  readonly event: string;
  readonly reason: string;
}

export interface PartStatus {
  readonly state: PartState;
  /** A sentence without secrets and without names of streams: what it is, or what is wrong and since when. */
  readonly detail: string;
  /** The event that it can't read, shown to readers of the tenant whose stream it stands in. */
  readonly blockedBy?: BlockingEvent;
}

export interface SystemStatus {
  /** The log's last known position, or null while it isn't known. */
  readonly headPosition: number | null;
  /** Whether PostgreSQL keeps its connections and answers nothing, so that whoever asks it would wait. */
  readonly databaseIsSilent: boolean;
  /** How far the read models are behind the log, or null while it isn't known. */
  readonly lagSeconds: number | null;
  /** How far the read models of this program's version are, until pages can be read from them; null after that. */
  readonly building: { readonly percent: number } | null;
  /** Parts by name: `event store`, `command bus`, `projector`, `PostgreSQL`, `workers`, … */
  readonly parts: Readonly<Record<string, PartStatus>>;
  /** The workers that were heard of lately, silent ones included. */
  readonly workers: readonly HeardWorker[];
}

/** A worker as it last spoke of itself. */
export interface HeardWorker {
  readonly name: string;
  readonly appVersion: string;
  /** The operation types that it takes. */
  readonly types: readonly string[];
  readonly runsInHand: number;
  readonly silentMs: number;
}

/** A person of the development sign-in's list. */
export interface DevelopmentPerson extends Person {
  readonly tenantName: string;
  readonly tenantSlug: string;
  readonly role: Role;
}

/** Given only when no OpenID Connect issuer is configured and the server listens on loopback. */
export interface DevelopmentSignIn {
  /** Secret of this process that start-up prints in its sign-in links. At least 128 random bits. */
  readonly secret: string;
  persons(): Promise<readonly DevelopmentPerson[]>;
}
