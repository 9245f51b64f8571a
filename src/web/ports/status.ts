const PART_STATES = ['ok', 'degraded', 'down'] as const;

export type PartState = (typeof PART_STATES)[number];

export interface BlockingEvent {
  /** `stream@revision`. */
  readonly event: string;
  readonly reason: string;
}

export interface PartStatus {
  readonly state: PartState;
  /** A sentence without secrets and without names of streams: what the part is, or what is wrong and since when. */
  readonly detail: string;
  /** The event that the part can't read. Only readers of the tenant that owns its stream see it. */
  readonly blockedBy?: BlockingEvent;
}

export interface SystemStatus {
  /** The log's last known position, or null while it isn't known. */
  readonly headPosition: number | null;
  /** Whether PostgreSQL keeps its connections but doesn't answer, so that a query would wait. */
  readonly databaseIsSilent: boolean;
  /** How far the read models are behind the log, or null while it isn't known. */
  readonly lagSeconds: number | null;
  /** The progress of building the read models for this version, while pages can't be read from them; otherwise null. */
  readonly building: { readonly percent: number } | null;
  /** Parts by name: `event store`, `command bus`, `projector`, `PostgreSQL`, `workers`, … */
  readonly parts: Readonly<Record<string, PartStatus>>;
  /** The workers that have reported, also those that are silent now. */
  readonly workers: readonly WorkerReport[];
}

/** A worker's last report about itself. */
export interface WorkerReport {
  readonly name: string;
  readonly appVersion: string;
  /** The operation types that it carries out. */
  readonly types: readonly string[];
  readonly runsInHand: number;
  readonly silentMs: number;
}
