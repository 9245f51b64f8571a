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
  process.stdout.write(`${JSON.stringify({ adminUrl: server.adminUrl, pid: server.serverPid() })}\n`);
  const parent = setInterval(() => undefined, 60_000);
  process.once('SIGTERM', () => {
    clearInterval(parent);
    void server.stop();
  });
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`);
}
