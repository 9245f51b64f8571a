import type { EventStoreStatistics } from './event-store-server.js';
import type { EventStoreLimits } from './limits.js';
import type { UserCredentials } from './service/authorisation.js';

/** Options in the message that starts the store in the child process. */
export interface ChildOptions {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly credentials: UserCredentials | undefined;
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  readonly limits: Partial<EventStoreLimits> | undefined;
}

export type ToChild =
  | { readonly kind: 'start'; readonly options: ChildOptions }
  | { readonly kind: 'statistics'; readonly request: number }
  | { readonly kind: 'stop' };

export type LogLevel = 'info' | 'warn' | 'error';

export type FromChild =
  | { readonly kind: 'started'; readonly url: string; readonly port: number }
  | {
      readonly kind: 'failed';
      readonly name: string;
      readonly message: string;
      readonly code: string | undefined;
    }
  | { readonly kind: 'statistics'; readonly request: number; readonly statistics: EventStoreStatistics }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly fields: object; readonly message: string };
