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
