import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the creation, renaming or removal of files in a folder survive a loss of power. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Brings everything that was written to a file to disk, by whatever process. */
export function syncFile(path: string): void {
  const fd = openSync(path, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Shortens an open file for good: what is cut off doesn't come back after a loss of power. */
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

/** Writes all of `content` at `position`; a file system may take less than asked at a time. */
export function writeAllSync(fd: number, content: Uint8Array, position: number): void {
  let written = 0;
  while (written < content.length) {
    written += writeSync(fd, content, written, content.length - written, position + written);
  }
}

/** Reads until `length` bytes are there or the file ends; returns how many. */
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
