import type { Logger } from 'pino';
import type { Chance, Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { GraphCredentialStore } from '../db/graph-credentials.js';
import type { PartWord } from '../liveness/part-signs.js';
import type { Metrics } from '../metrics/metrics.js';
import type { StartDependencies } from '../starting/start-run.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import type { ClockDifferences } from './clock-differences.js';
import type { Features } from './features.js';
import type { Infrastructure } from './infrastructure.js';
import type { Parts } from './parts.js';
import type { ServerWaits } from './server-waits.js';

/** What a process does; `start` does all of it. */
export const ROLES = ['web', 'worker', 'projector'] as const;
export type ProgramRole = (typeof ROLES)[number];

export interface ProgramOptions {
  readonly config: Config;
  readonly roles: readonly ProgramRole[];
  readonly logger: Logger;
  /** What it is made of; the product's own features unless others are given. */
  readonly features?: Features;
  /** Token that opens the API to this machine's user, where there is one. */
  readonly localToken?: string;
  /** Secret of the development sign-in's links; without it, or with an issuer, there is none. */
  readonly developmentSecret?: string;
  /** Told when a part finds that it can never work as things are: the process should say so and end. */
  readonly onFatal?: (error: Error) => void;
  /** Gives up starting, also while servers are waited for. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly chance?: Chance;
  /** Where the parts are kept that the caller stops; without it the program's `stop` is all there is. */
  readonly parts?: Parts;
}

/** A program that runs. */
export interface Program {
  readonly infrastructure: Infrastructure;
  readonly directory: TenantDirectory;
  readonly credentials: GraphCredentialStore;
  readonly starts: StartDependencies;
  /** Begins to serve pages and answers the address; only with the role `web`. */
  serve(): Promise<string>;
  /** Stops everything that was started, in the opposite order. Tolerates a second call. */
  stop(): Promise<void>;
}

/** What every part of a starting program is given. */
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
  /** What the parts of this process say of themselves, in the order that they were started. */
  readonly said: (() => Omit<PartWord, 'name' | 'appVersion'>)[];
}
