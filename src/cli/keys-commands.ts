import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { sql } from 'kysely';
import { ConfigError } from '../config.js';
import { loadOrCreateMasterKey, type MasterKey, parseMasterKey, replaceMasterKey } from '../db/master-key.js';
import { createWriterPool } from '../db/pools.js';
import { assertMasterKey, rewrapTenantKeys, WrongMasterKeyError } from '../db/tenant-keyring.js';
import { startEmbeddedPostgres } from '../embedded/postgres/start-embedded-postgres.js';
import { createLogger } from '../logging.js';
import { CommandFailure, EXIT } from '../process/exit.js';
import { masterKeyFileOf, masterKeyOf } from '../program/infrastructure.js';
import { claimDataFolder } from '../program/instance-file.js';
import { Parts } from '../program/parts.js';
import { errorMessage } from '../wording/error-message.js';
import { count } from '../wording/number-words.js';
import { printLine } from './print.js';
import { configWith, type DataFlag, EMBEDDED_DATA } from './shared-options.js';

const KEY_BYTES = 32;
const NEW_KEY_VARIABLE = 'OPSLEDGER_NEW_MASTER_KEY';

/** Adds `opsledger keys rotate`. */
export function registerKeysCommands(program: Command): void {
  const keys = program.command('keys').description('manage the keys of what is stored encrypted');
  keys
    .command('rotate')
    .description('wrap all tenants’ keys under a new master key, while no process of the product runs')
    .option(...EMBEDDED_DATA)
    .addHelpText(
      'after',
      `\nOn configured servers OPSLEDGER_MASTER_KEY is the present key and ${NEW_KEY_VARIABLE} the new one.` +
        '\nOn a data folder the new key is made and takes the place of master.key.',
    )
    .action(rotate);
}

async function rotate(flags: DataFlag): Promise<void> {
  const config = configWith(flags);
  const url = config.DATABASE_SESSION_URL ?? config.DATABASE_URL;
  if (url === undefined) return rotateInFolder(config.OPSLEDGER_DATA);
  const given = config.OPSLEDGER_NEW_MASTER_KEY;
  if (!given)
    throw new CommandFailure(
      `${NEW_KEY_VARIABLE} is missing: it is to be the new key. Make one with: openssl rand -hex 32`,
      EXIT.usage,
    );
  const wrapped = await rewrap(url, await masterKeyOf(config), newKeyFrom(given));
  printLine(
    `Now under the new master key: ${count(wrapped, 'key')}. Start every process with OPSLEDGER_MASTER_KEY set to it, ` +
      'and keep the old key for as long as backups from before are kept.',
  );
}

function newKeyFrom(text: string): MasterKey {
  try {
    return parseMasterKey(text);
  } catch (error) {
    throw new ConfigError(`${NEW_KEY_VARIABLE} is not usable: ${errorMessage(error)}`);
  }
}

/**
 * The new key is written to disk before anything is wrapped under it, and replaces the old one afterwards. After an
 * interruption, running the command again completes the change.
 */
async function rotateInFolder(dataDir: string): Promise<void> {
  const logger = createLogger('warn');
  const parts = new Parts(logger);
  try {
    await parts.add(
      'data folder',
      () => claimDataFolder(dataDir),
      (folder) => folder.release(),
    );
    const server = await parts.add(
      'embedded PostgreSQL',
      () => startEmbeddedPostgres({ dataDir: path.join(dataDir, 'postgres'), logger }),
      (running) => running.stop(),
      { stopWithinMs: 35_000 },
    );
    const keyFile = masterKeyFileOf(dataDir);
    const newKeyFile = `${keyFile}.new`;
    const old = await loadOrCreateMasterKey(keyFile);
    const next = parseMasterKey(await newKeyIn(newKeyFile));
    const wrapped = await rewrap(server.url, old, next);
    const oldKeyFile = `${keyFile}.before-${next.id}`;
    await replaceMasterKey(keyFile, newKeyFile, oldKeyFile);
    printLine(
      `Now under the new master key in ${keyFile}: ${count(wrapped, 'key')}. The old one is ${oldKeyFile}: ` +
        'remove it once no backup from before is kept.',
    );
  } finally {
    await parts.stop();
  }
}

async function newKeyIn(file: string): Promise<string> {
  const left = await readFile(file, 'utf8').catch(() => '');
  if (left !== '') return left;
  const written = await open(file, 'w', 0o600);
  try {
    await written.writeFile(`${randomBytes(KEY_BYTES).toString('hex')}\n`);
    await written.sync();
  } finally {
    await written.close();
  }
  return readFile(file, 'utf8');
}

async function rewrap(url: string, from: MasterKey, to: MasterKey): Promise<number> {
  const db = createWriterPool(url, {
    logger: createLogger('warn'),
    applicationName: 'opsledger keys',
    connectionsMax: 1,
  });
  try {
    const { rows } = await sql<{ name: string }>`
      select distinct application_name as name from pg_stat_activity
      where application_name like 'opsledger%' and datname = current_database() and pid <> pg_backend_pid()
        and application_name not like 'opsledger owner%'`.execute(db);
    if (rows.length > 0)
      throw new CommandFailure(
        'Processes of the product use this database. Stop them first: they would go on with the old key.',
      );
    const count = await rewrapTenantKeys(db, from, to);
    await assertMasterKey(db, to);
    return count;
  } catch (error) {
    if (!(error instanceof WrongMasterKeyError)) throw error;
    throw new CommandFailure(
      'Some keys are wrapped under a third master key, neither the old one nor the new one: rotate from that one too.',
    );
  } finally {
    await db.destroy();
  }
}
