import path from 'node:path';
import type { Command } from 'commander';
import { CommandFailure, EXIT } from '../process/exit.js';
import { claimDataFolder } from '../program/instance-file.js';
import { BackupError, type BackupReport, backUpDataFolder, restoreDataFolder } from './backup-data-folder.js';
import { printLine } from './print.js';
import { configWith, type DataFlag } from './shared-options.js';

/** Adds `opsledger backup` and `opsledger restore`, for embedded servers. */
export function registerBackupCommands(program: Command): void {
  program
    .command('backup <folder>')
    .description('copy log, database and master key of a stopped product on embedded servers to a new folder')
    .option('--data <dir>', 'data folder')
    .action((folder: string, flags: DataFlag) =>
      onStopped(flags, 'Backed up', (dataDir) => backUpDataFolder(dataDir, path.resolve(folder))),
    );
  program
    .command('restore <folder>')
    .description('make a data folder of such a backup, after checking every file of it')
    .option('--data <dir>', 'data folder, without an installation in it')
    .action((folder: string, flags: DataFlag) =>
      onStopped(flags, 'Restored', (dataDir) => restoreDataFolder(path.resolve(folder), dataDir)),
    );
}

/**
 * Runs work on the data folder of a stopped product, and claims the folder meanwhile, so that no product starts on
 * it.
 */
async function onStopped(
  flags: DataFlag,
  done: string,
  work: (dataDir: string) => Promise<BackupReport>,
): Promise<void> {
  const config = configWith(flags);
  if (config.DATABASE_URL || config.EVENTSTORE_URL)
    throw new CommandFailure(
      'DATABASE_URL or EVENTSTORE_URL is set: servers of your own are backed up with their own tools, ' +
        'PostgreSQL first and the event store after it (see docs/operating.md).',
      EXIT.usage,
    );
  const folder = await claimDataFolder(config.OPSLEDGER_DATA);
  try {
    const { files, bytes } = await work(config.OPSLEDGER_DATA);
    printLine(`${done}: ${files} files, ${bytes} bytes.`);
  } catch (error) {
    if (error instanceof BackupError) throw new CommandFailure(error.message);
    throw error;
  } finally {
    await folder.release();
  }
}
