import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import type { WriteThrough } from '../../../../src/embedded/event-store/storage/log-writer.js';

/** One change to the files of a folder. Files are distinguished by number, because their names change. */
export type DiskOperation<Note> =
  | { readonly kind: 'create'; readonly name: string; readonly file: number }
  /** `durable`: whether the write is on disk when the operation ends (`O_DSYNC`). */
  | {
      readonly kind: 'write';
      readonly file: number;
      readonly offset: number;
      readonly bytes: Buffer;
      readonly durable: boolean;
    }
  | { readonly kind: 'truncate'; readonly file: number; readonly length: number }
  | { readonly kind: 'sync'; readonly file: number }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'sync-folder'; readonly folder: string }
  /** Not a change of the disk, but a fact that the test knew at this moment. */
  | { readonly kind: 'note'; readonly note: Note };

export interface DiskRecording<Note> {
  readonly operations: readonly DiskOperation<Note>[];
  note(note: Note): void;
  /**
   * The function with which the store writes to the log. After `failNext` it writes only `partly` bytes and throws
   * the given error.
   */
  readonly write: WriteThrough;
  /** Makes the next write to the log fail after some of its bytes; undefined cancels this. */
  failNextWrite(afterBytes: number | undefined): void;
  /** Makes the next truncation fail, or the next after a write has failed, or cancels this. */
  failNextTruncation(when: 'now' | 'after a failed write' | 'never'): void;
  /** Makes the next sync of a folder fail, or cancels this. */
  failNextFolderSync(fails?: boolean): void;
  /** Called at the start of the next write to the log. */
  duringNextWrite(action: () => void): void;
  stop(): void;
}

interface OpenFile {
  readonly file: number;
  readonly durable: boolean;
}

/**
 * Records every change that this process makes to the files of `folder`, in order. The changes are really made. Only
 * `write` must be given to the store explicitly. Files that exist at the start must come from an earlier recording.
 */
export function recordDisk<Note>(folder: string): DiskRecording<Note> {
  const operations: DiskOperation<Note>[] = [];
  const files = new Map<string, number>();
  const open = new Map<number, OpenFile>();
  const folders = new Map<number, string>();
  let fileCount = 0;
  let failAfterBytes: number | undefined;
  let truncationFails: 'now' | 'after a failed write' | 'never' = 'never';
  let folderSyncFails = false;
  let during: (() => void) | undefined;

  const inside = (name: unknown): name is string => typeof name === 'string' && name.startsWith(folder);
  const relative = (name: string) => path.relative(folder, name);

  function opened(name: string, fd: number, flags: unknown, existed: boolean): void {
    const bits = typeof flags === 'number' ? flags : 0;
    if (fs.fstatSync(fd).isDirectory()) {
      folders.set(fd, relative(name));
      return;
    }
    let file = files.get(relative(name));
    const emptied = flags === 'w' || (bits & fs.constants.O_TRUNC) !== 0;
    if (file === undefined || !existed || emptied) {
      fileCount += 1;
      file = fileCount;
      files.set(relative(name), file);
      operations.push({ kind: 'create', name: relative(name), file });
    }
    open.set(fd, { file, durable: (bits & fs.constants.O_DSYNC) !== 0 });
  }

  function written(fd: number, bytes: Uint8Array, offset: number): void {
    const known = open.get(fd);
    if (known) {
      const { file, durable } = known;
      operations.push({ kind: 'write', file, offset, bytes: Buffer.from(bytes), durable });
    }
  }

  function synced(fd: number): void {
    const known = open.get(fd);
    const name = folders.get(fd);
    if (known) operations.push({ kind: 'sync', file: known.file });
    else if (name !== undefined) operations.push({ kind: 'sync-folder', folder: name });
  }

  function renamed(from: string, to: string): void {
    const file = files.get(relative(from));
    if (file === undefined) return;
    files.delete(relative(from));
    files.set(relative(to), file);
    operations.push({ kind: 'rename', from: relative(from), to: relative(to) });
  }

  function removed(name: string): void {
    if (files.delete(relative(name))) operations.push({ kind: 'remove', name: relative(name) });
  }

  const real = { ...fs };
  const realOpen = fs.promises.open;
  const realRename = fs.promises.rename;
  const realRm = fs.promises.rm;
  Object.assign(fs, {
    openSync(name: string, flags?: string | number, mode?: number) {
      const existed = inside(name) && real.existsSync(name);
      const fd = real.openSync(name, flags ?? 'r', mode);
      if (inside(name)) opened(name, fd, flags, existed);
      return fd;
    },
    closeSync(fd: number) {
      open.delete(fd);
      folders.delete(fd);
      real.closeSync(fd);
    },
    writeSync(fd: number, bytes: Uint8Array, from: number, length: number, offset: number) {
      const count = real.writeSync(fd, bytes, from, length, offset);
      written(fd, bytes.subarray(from, from + count), offset);
      return count;
    },
    ftruncateSync(fd: number, length: number) {
      if (truncationFails === 'now') {
        truncationFails = 'never';
        throw Object.assign(new Error('the device is gone'), { code: 'EIO' });
      }
      real.ftruncateSync(fd, length);
      const known = open.get(fd);
      if (known) operations.push({ kind: 'truncate', file: known.file, length });
    },
    fsyncSync(fd: number) {
      if (folderSyncFails && folders.has(fd)) {
        folderSyncFails = false;
        throw Object.assign(new Error('the device is gone'), { code: 'EIO' });
      }
      real.fsyncSync(fd);
      synced(fd);
    },
    fdatasyncSync(fd: number) {
      real.fdatasyncSync(fd);
      synced(fd);
    },
    renameSync(from: string, to: string) {
      real.renameSync(from, to);
      if (inside(from)) renamed(from, to);
    },
    rmSync(name: string, options?: fs.RmOptions) {
      real.rmSync(name, options);
      if (inside(name)) removed(name);
    },
  });
  fs.promises.open = async (name, flags, mode) => {
    const existed = inside(name) && real.existsSync(name);
    const handle = await realOpen(name, flags, mode);
    if (!inside(name)) return handle;
    opened(name, handle.fd, flags, existed);
    return new Proxy(handle, {
      get(target, property) {
        if (property === 'write')
          return async (bytes: Buffer, from: number, length: number, offset: number) => {
            const result = await target.write(bytes, from, length, offset);
            written(target.fd, bytes.subarray(from, from + result.bytesWritten), offset);
            return result;
          };
        if (property === 'sync')
          return async () => {
            await target.sync();
            synced(target.fd);
          };
        if (property === 'close')
          return async () => {
            open.delete(target.fd);
            await target.close();
          };
        return Reflect.get(target, property, target);
      },
    });
  };
  fs.promises.rename = async (from, to) => {
    await realRename(from, to);
    if (inside(from) && inside(to)) renamed(from, to);
  };
  fs.promises.rm = async (name, options) => {
    await realRm(name, options);
    if (inside(name)) removed(name);
  };
  syncBuiltinESMExports();

  return {
    operations,
    note: (note) => void operations.push({ kind: 'note', note }),
    async write(fd, slices, offset) {
      during?.();
      during = undefined;
      const bytes = Buffer.concat(slices);
      const fails = failAfterBytes;
      failAfterBytes = undefined;
      const taken = fails === undefined ? bytes : bytes.subarray(0, fails);
      if (taken.length > 0) real.writeSync(fd, taken, 0, taken.length, offset);
      if (taken.length > 0) written(fd, taken, offset);
      if (fails === undefined) return bytes.length;
      if (truncationFails === 'after a failed write') truncationFails = 'now';
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    },
    failNextWrite: (afterBytes) => {
      failAfterBytes = afterBytes;
    },
    failNextTruncation: (when) => {
      truncationFails = when;
    },
    failNextFolderSync: (fails = true) => {
      folderSyncFails = fails;
    },
    duringNextWrite: (action) => {
      during = action;
    },
    stop() {
      const { openSync, closeSync, writeSync, ftruncateSync, fsyncSync, fdatasyncSync, renameSync, rmSync } =
        real;
      Object.assign(fs, {
        openSync,
        closeSync,
        writeSync,
        ftruncateSync,
        fsyncSync,
        fdatasyncSync,
        renameSync,
        rmSync,
      });
      Object.assign(fs.promises, { open: realOpen, rename: realRename, rm: realRm });
      syncBuiltinESMExports();
    },
  };
}
