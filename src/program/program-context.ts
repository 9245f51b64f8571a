import type { Logger } from 'pino';
import type { Chance, Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { GraphCredentialStore } from '../db/graph-credentials.js';
import type { PartReport } from '../liveness/part-reports.js';
import type { Metrics } from '../metrics/metrics.js';
import type { StartDependencies } from '../starting/start-run.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import type { ClockDifferences } from './clock-differences.js';
import type { Features } from './features.js';
import type { Infrastructure } from './infrastructure.js';
import type { Parts } from './parts.js';
import type { ServerWaits } from './server-waits.js';

/** The roles of a process; `start` has all of them. */
export const ROLES = ['web', 'worker', 'projector'] as const;
export type ProgramRole = (typeof ROLES)[number];

/** How the scheduler learns what is due. */
export interface DueTimesClock {
  /** The time that counts for all processes, milliseconds since 1970. Errors: it isn't known. */
  readonly now: () => Promise<number>;
  readonly lookEveryMs: number;
}

export interface ProgramOptions {
  readonly config: Config;
  readonly roles: readonly ProgramRole[];
  readonly logger: Logger;
  /** The program's features; by default the product's own. */
  readonly features?: Features;
  /** Token with which this machine's user can use the API, if there is one. */
  readonly localToken?: string;
  /**
   * Secret in the links of the development sign-in; without it, or with an issuer, there is no development
   * sign-in.
   */
  readonly developmentSecret?: string;
  /** Called when a part finds that it can't ever work in this state; the process should report that and end. */
  readonly onFatal?: (error: Error) => void;
  /** Aborts the start, also while it waits for servers. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly chance?: Chance;
  /** When schedules come due; by default by PostgreSQL's clock. */
  readonly dueTimes?: DueTimesClock;
  /** Collects the parts for a caller that stops them itself; by default only the program's `stop` does. */
  readonly parts?: Parts;
}

/** A running program. */
export interface Program {
  readonly infrastructure: Infrastructure;
  readonly directory: TenantDirectory;
  readonly credentials: GraphCredentialStore;
  readonly starts: StartDependencies;
  /** Starts serving pages and returns the address; only with the role `web`. */
  serve(): Promise<string>;
  /** Stops everything that was started, in the opposite order. Tolerates a second call. */
  stop(): Promise<void>;
}

/** Given to every part of a starting program. */
export interface ProgramContext extends ProgramOptions {
  readonly features: Features;
  readonly parts: Parts;
  readonly waits: ServerWaits;
  readonly infrastructure: Infrastructure;
  readonly directory: TenantDirectory;
  readonly credentials: GraphCredentialStore;
  readonly starts: StartDependencies;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly metrics: Metrics | undefined;
  readonly clocks: ClockDifferences;
  /** Unique among running processes. */
  readonly processName: string;
  /** The reports of this process's parts, in the order of their start. */
  readonly partReports: (() => Omit<PartReport, 'name' | 'appVersion'>)[];
}
