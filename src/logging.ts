import { type Logger, pino } from 'pino';
import { logRedaction } from './sanitize/log-redaction.js';

/** The program's logger: JSON lines on stderr, each sanitized before it is written. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, ...logRedaction() }, pino.destination({ fd: 2, sync: true }));
}
