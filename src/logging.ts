import { type Logger, pino } from 'pino';
import { logRedaction } from './sanitize/log-redaction.js';

/** The program's logger: JSON lines, each sanitized before it is written to a file or to stderr. */
export function createLogger(level: string, dest: string | number = 2): Logger {
  return pino({ level, base: null, ...logRedaction() }, pino.destination({ dest, sync: true }));
}
