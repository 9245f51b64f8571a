import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { FolderInUseError, verifyEventStore } from '../embedded/event-store/index.js';

/** A larger log takes too long to be read while somebody waits. */
const READ_BYTES_MAX = 512 * 1024 * 1024;

/** What the files of an embedded event store say about its next start. */
export interface EmbeddedStoreFinding {
  readonly state: 'ok' | 'warning' | 'wrong';
  readonly detail: string;
}

/**
 * Reads the embedded event store of a data folder, unless a process uses it or it is large. A start would refuse what is
 * `wrong` in the same words, and cut off or make again what is a `warning`. Errors: those of reading the folder.
 */
export async function checkEmbeddedStore(dataFolder: string): Promise<readonly EmbeddedStoreFinding[]> {
  const folder = path.join(dataFolder, 'event-store');
  const embedded = 'embedded, since EVENTSTORE_URL is not set';
  const bytes = await logBytes(path.join(folder, 'log'));
  if (bytes === undefined) return [{ state: 'ok', detail: embedded }];
  if (bytes > READ_BYTES_MAX)
    return [{ state: 'ok', detail: `${embedded}; opsledger event-store verify ${folder} reads all of it` }];
  try {
    const { problems, notes, events } = await verifyEventStore(folder);
    const [problem] = problems;
    if (problem !== undefined)
      return [{ state: 'wrong', detail: `${problem}: restore a backup; a start refuses this` }];
    if (notes.length > 0) return notes.map((detail) => ({ state: 'warning', detail }));
    return [{ state: 'ok', detail: `${embedded}; its ${events} events are whole` }];
  } catch (error) {
    if (error instanceof FolderInUseError) return [{ state: 'ok', detail: `${embedded}; in use` }];
    throw error;
  }
}

/** Bytes of the log's files; undefined when there is no log yet. */
async function logBytes(folder: string): Promise<number | undefined> {
  try {
    const names = await readdir(folder);
    const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(folder, name))).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
