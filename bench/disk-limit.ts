import { constants } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** About the size of a `RunQueued` or `RunStarted` with its envelope. */
const EVENT_BYTES = 800;
const FILE_BYTES = 8 * 1024 * 1024;

/** Writes in turn what a start has to wait for, as the event store writes it, and nothing else. */
export interface DiskLimit {
  /** Resolves when two events' bytes, one after the other, are on disk. */
  writeTwo(): Promise<void>;
  close(): Promise<void>;
}

/** A file of zeros next to the product's data, written through to the disk. */
export async function openDiskLimit(): Promise<DiskLimit> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'opsledger-bench-disk-'));
  const file = await open(
    path.join(folder, 'writes'),
    constants.O_CREAT | constants.O_WRONLY | constants.O_DSYNC,
  );
  await file.write(Buffer.alloc(FILE_BYTES));
  const event = Buffer.alloc(EVENT_BYTES, 1);
  let end = 0;
  const writeOne = async () => {
    const at = end;
    end = (end + EVENT_BYTES) % (FILE_BYTES - EVENT_BYTES);
    await file.write(event, 0, EVENT_BYTES, at);
  };
  return {
    async writeTwo() {
      await writeOne();
      await writeOne();
    },
    async close() {
      await file.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
