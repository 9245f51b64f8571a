import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SeededChance } from '../../../support/seeded-chance.js';
import type { DiskOperation } from './recorded-disk.js';

/** The files of a folder as a crash left them. */
export interface DiskImage {
  /** The number of the file with each name. */
  readonly names: ReadonlyMap<string, number>;
  readonly contents: ReadonlyMap<number, Buffer>;
}

type Operation = DiskOperation<unknown>;
type Write = Extract<Operation, { kind: 'write' }>;

const EMPTY: DiskImage = { names: new Map(), contents: new Map() };
const SECTOR_BYTES = 512;

/** The files after these operations; nothing of them is lost. */
export function imageAfter(operations: readonly Operation[], before = EMPTY): DiskImage {
  const names = new Map(before.names);
  const contents = new Map(before.contents);
  for (const operation of operations) apply(names, contents, operation);
  return { names, contents };
}

function apply(names: Map<string, number>, contents: Map<number, Buffer>, operation: Operation): void {
  switch (operation.kind) {
    case 'create':
      names.set(operation.name, operation.file);
      contents.set(operation.file, Buffer.alloc(0));
      return;
    case 'write':
      contents.set(operation.file, overwritten(contents.get(operation.file), operation));
      return;
    case 'truncate':
      contents.set(operation.file, resized(contents.get(operation.file), operation.length));
      return;
    case 'rename': {
      const file = names.get(operation.from);
      names.delete(operation.from);
      if (file !== undefined) names.set(operation.to, file);
      return;
    }
    case 'remove':
      names.delete(operation.name);
      return;
    case 'sync':
    case 'sync-folder':
    case 'note':
  }
}

const resized = (content: Buffer | undefined, length: number): Buffer =>
  Buffer.concat(content ? [content.subarray(0, length)] : [], length);

function overwritten(content: Buffer | undefined, { offset, bytes }: Write): Buffer {
  const result = resized(content, Math.max(content?.length ?? 0, offset + bytes.length));
  bytes.copy(result, offset);
  return result;
}

/** The image with only the first `kept` bytes of a write. */
export const withTornWrite = (image: DiskImage, write: Write, kept: number): DiskImage =>
  imageAfter([{ ...write, bytes: write.bytes.subarray(0, kept) }], image);

/** The image with only some sectors of a write, as a disk that reorders them leaves it when the power goes. */
export function withScatteredWrite(image: DiskImage, write: Write, chance: SeededChance): DiskImage {
  const pieces: Write[] = [];
  const end = write.offset + write.bytes.length;
  for (let at = write.offset; at < end; ) {
    const next = Math.min(end, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
    const bytes = write.bytes.subarray(at - write.offset, next - write.offset);
    if (chance.fraction() < 0.6) pieces.push({ ...write, offset: at, bytes });
    at = next;
  }
  return imageAfter(pieces, image);
}

/**
 * The files after a loss of power: of the changes that were not synced, each folder has kept a first part, and each file
 * a first part or any of its writes.
 */
export function imageAfterPowerLoss(operations: readonly Operation[], chance: SeededChance): DiskImage {
  const kept = new Set<Operation>();
  const unsynced = new Map<string, Operation[]>();
  const waitsFor = (key: string, operation: Operation) => {
    const waiting = unsynced.get(key);
    if (waiting) waiting.push(operation);
    else unsynced.set(key, [operation]);
  };
  const keep = (key: string) => {
    for (const operation of unsynced.get(key) ?? []) kept.add(operation);
    unsynced.delete(key);
  };
  for (const operation of operations) {
    if (operation.kind === 'sync') keep(`file ${operation.file}`);
    else if (operation.kind === 'sync-folder') keep(`folder ${operation.folder}`);
    else if (operation.kind === 'write' || operation.kind === 'truncate') {
      waitsFor(`file ${operation.file}`, operation);
      if (operation.kind === 'write' && operation.durable) keep(`file ${operation.file}`);
    } else if (operation.kind !== 'note') {
      const name = operation.kind === 'rename' ? operation.to : operation.name;
      waitsFor(`folder ${path.dirname(name) === '.' ? '' : path.dirname(name)}`, operation);
    }
  }
  for (const [key, waiting] of unsynced) {
    const inOrder = key.startsWith('folder') || chance.fraction() < 0.5;
    const written = inOrder
      ? waiting.slice(0, chance.below(waiting.length + 1))
      : waiting.filter(() => chance.fraction() < 0.5);
    for (const operation of written) kept.add(operation);
  }
  const names = new Map<string, number>();
  const contents = new Map<number, Buffer>();
  for (const operation of operations) {
    if (kept.has(operation)) apply(names, contents, operation);
    // The name may be lost although the file's content is on disk.
    else if (operation.kind === 'create') contents.set(operation.file, Buffer.alloc(0));
  }
  return { names, contents };
}

/** Makes a folder hold the files of an image and nothing else. */
export function writeImage(folder: string, { names, contents }: DiskImage): void {
  rmSync(folder, { recursive: true, force: true });
  for (const name of ['log', 'index']) mkdirSync(path.join(folder, name), { recursive: true });
  for (const [name, file] of names)
    writeFileSync(path.join(folder, name), contents.get(file) ?? Buffer.alloc(0));
}
