import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the creation, renaming or removal of files in a folder durable. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes everything that any process wrote to a file durable. */
export function syncFile(path: string): void {
  const fd = openSync(path, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Shortens an open file durably: the removed bytes don't return after a loss of power. */
export function cutFile(fd: number, length: number): void {
  ftruncateSync(fd, length);
  fsyncSync(fd);
}

/** Replaces a file so that after a crash either the old or the new content is there, whole. */
export function replaceFile(path: string, content: Uint8Array | string): void {
  const temporary = `${path}.tmp`;
  const fd = openSync(temporary, 'w');
  try {
    writeAllSync(fd, typeof content === 'string' ? Buffer.from(content) : content, 0);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Writes all of `content` at `position`, since one call may write only a part. */
export function writeAllSync(fd: number, content: Uint8Array, position: number): void {
  let written = 0;
  while (written < content.length) {
    written += writeSync(fd, content, written, content.length - written, position + written);
  }
}

/** Reads until `length` bytes are read or the file ends. Returns the number of bytes read. */
export function readAllSync(
  fd: number,
  target: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  let got = 0;
  while (got < length) {
    const count = readSync(fd, target, offset + got, length - got, position + got);
    if (count === 0) break;
    got += count;
  }
  return got;
}
