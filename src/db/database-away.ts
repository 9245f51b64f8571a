/** SQLSTATE classes and system errors of a server that is absent, starting, stopping, full or read-only for now. */
const AWAY_CODES =
  /^(08\w{3}|53\w{3}|57P0[1-4]|25006|ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ENOENT|EAI_AGAIN)$/;
/** What pg says, without a code, of a connection that it lost or could not open in time. */
const AWAY_WORDS =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;

/** Whether an error of a query means that PostgreSQL doesn't answer at present, so that it is worth trying again. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string') return AWAY_CODES.test(error.code);
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway);
  return AWAY_WORDS.test(error.message);
}
