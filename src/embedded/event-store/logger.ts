/** The logger of the event store; a pino logger fits. */
export interface EventStoreLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const ignore = () => undefined;
export const silentLogger: EventStoreLogger = Object.freeze({ info: ignore, warn: ignore, error: ignore });
