import { pino } from 'pino';
import { startEmbeddedPostgres } from '../../src/embedded/postgres/start-embedded-postgres.js';

/**
 * Runs an embedded PostgreSQL on the folder of its argument. Prints what it has as a line of JSON and then runs
 * until it is ended; a failure is printed as its sentence.
 */
try {
  const server = await startEmbeddedPostgres({
    dataDir: process.argv[2] as string,
    logger: pino({ level: 'silent' }),
    durable: false,
  });
  const awake = setInterval(() => undefined, 60_000);
  // Listened for before the line goes out, since whoever reads it may end this process at once.
  process.once('SIGTERM', () => {
    clearInterval(awake);
    void server.stop();
  });
  process.stdout.write(`${JSON.stringify({ adminUrl: server.adminUrl, pid: server.serverPid() })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`);
}
