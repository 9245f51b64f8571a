import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../storage/files.js';
import { LOG_START } from '../storage/log-state.js';
import { nodeErrorCode } from '../storage/storage-errors.js';
import type { IndexFileInfo } from './index-file.js';

/** The list of valid index files. Other files in the folder come from an interruption and are removed. */
export interface Manifest {
  /** Every event before this position is in one of the files. */
  readonly coveredTo: number;
  /** The number of streams that the events before `coveredTo` began. */
  readonly streams: number;
  readonly files: readonly IndexFileInfo[];
}

const NAME = 'manifest.json';

/** Replaces the manifest, durably. */
export function writeManifest(folder: string, manifest: Manifest): void {
  replaceFile(join(folder, NAME), `${JSON.stringify(manifest, undefined, 1)}\n`);
}

/** The manifest, or undefined when there is none that can be read. */
export function readManifest(folder: string): Manifest | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, NAME), 'utf8');
  } catch (error) {
    if (nodeErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    return isManifest(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  const { coveredTo, streams, files } = value as Partial<Record<keyof Manifest, unknown>>;
  if (typeof coveredTo !== 'number' || typeof streams !== 'number' || !Array.isArray(files)) return false;
  let end = LOG_START;
  for (const file of files) {
    if (!isFileInfo(file) || file.from !== end) return false;
    end = file.to;
  }
  return end === coveredTo;
}

function isFileInfo(value: unknown): value is IndexFileInfo {
  if (typeof value !== 'object' || value === null) return false;
  const { name, entries, from, to } = value as Partial<Record<keyof IndexFileInfo, unknown>>;
  return (
    typeof name === 'string' &&
    typeof entries === 'number' &&
    typeof from === 'number' &&
    typeof to === 'number'
  );
}
