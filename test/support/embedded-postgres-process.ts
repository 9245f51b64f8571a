import { pino } from 'pino';
import { startEmbeddedPostgres } from '../../src/embedded/postgres/start-embedded-postgres.js';

/**
 * Runs an embedded PostgreSQL on the folder in its argument. It prints its facts as a line of JSON, or a failure as a
 * sentence, and then runs until it is ended.
 */
try {
  const server = await startEmbeddedPostgres({
    dataDir: process.argv[2] as string,
    logger: pino({ level: 'silent' }),
    durable: false,
  });
  const awake = setInterval(() => undefined, 60_000);
  // It listens for the signal before it prints the line, because the reader may end this process at once.
  process.once('SIGTERM', () => {
    clearInterval(awake);
    void server.stop();
  });
  process.stdout.write(`${JSON.stringify({ adminUrl: server.adminUrl, pid: server.serverPid() })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`);
}
