import { pino } from 'pino';
import { migrateToLatest } from '../../src/db/migrate.js';
import { createWriterPool } from '../../src/db/pools.js';

/** Migrates the database of its argument and prints what it applied, as JSON. */
const db = createWriterPool(process.argv[2] as string, { logger: pino({ level: 'silent' }) });
process.stdout.write(`${JSON.stringify(await migrateToLatest(db))}\n`);
await db.destroy();
