import { lstat, opendir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** A problem with a file, for a person. */
export interface LoadProblem {
  /** Relative to the folder that was loaded, with control characters escaped. */
  readonly file: string;
  readonly problem: string;
  /** Whether the file's content is served in spite of the problem. */
  readonly served: boolean;
}

export interface GraphExportFile {
  /** Relative path, for messages and for distinguishing files. */
  readonly file: string;
  readonly folders: readonly string[];
  readonly baseName: string;
  readonly bytes: Uint8Array;
}

const FILE_BYTES_MAX = 64 * 1024 * 1024;
const FOLDER_DEPTH_MAX = 32;
const FILES_MAX = 50_000;

/** A file name without control characters, for terminals and log lines. */
export function printableName(name: string): string {
  return name.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/**
 * Yields the `.json` files under a folder in order of their paths. A file that can't be read is reported to
 * `onProblem` and skipped. Links aren't followed, because they could form a circle or lead out of the folder.
 * Errors: those of opening the folder itself.
 */
export async function* exportFiles(
  root: string,
  onProblem: (problem: LoadProblem) => void,
): AsyncGenerator<GraphExportFile> {
  const files: string[] = [];
  await collect(root, '', 0, files, onProblem);
  for (const file of files) {
    const parts = file.split(sep);
    const baseName = (parts.pop() ?? '').replace(/\.json$/i, '');
    try {
      yield { file, folders: parts, baseName, bytes: await readFile(join(root, file)) };
    } catch (error) {
      onProblem({ file: printableName(file), problem: `can't be read (${codeOf(error)})`, served: false });
    }
  }
}

async function collect(
  root: string,
  folder: string,
  depth: number,
  files: string[],
  onProblem: (problem: LoadProblem) => void,
): Promise<void> {
  const names: string[] = [];
  for await (const entry of await opendir(join(root, folder))) names.push(entry.name);
  for (const name of names.sort()) {
    const file = folder === '' ? name : join(folder, name);
    const refuse = (problem: string) => onProblem({ file: printableName(file), problem, served: false });
    const isJson = /\.json$/i.test(name);
    try {
      const status = await lstat(join(root, file));
      if (status.isSymbolicLink()) refuse('is a link, and links are not followed');
      else if (status.isDirectory()) {
        if (depth >= FOLDER_DEPTH_MAX) refuse(`lies deeper than ${FOLDER_DEPTH_MAX} folders`);
        else await collect(root, file, depth + 1, files, onProblem);
      } else if (!isJson) continue;
      else if (!status.isFile()) refuse('is no ordinary file');
      else if (status.size > FILE_BYTES_MAX) refuse(`is larger than ${FILE_BYTES_MAX / 1024 / 1024} MiB`);
      else if (status.size === 0) refuse('is empty');
      else if (files.length >= FILES_MAX) refuse(`comes after the first ${FILES_MAX} files`);
      else files.push(file);
    } catch (error) {
      refuse(`can't be read (${codeOf(error)})`);
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
