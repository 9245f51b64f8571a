import { realpath } from 'node:fs/promises';
import { decodedText, UnreadableTextError } from '../../decoded-text.js';
import { groupsNamedIn } from '../../exports/manifest.js';
import { nestingDepth } from '../../ledger/exact-json.js';
import { assignIds, type ExportedEntity } from './assign-ids.js';
import { GROUPS_PATH } from './collections.js';
import { completeDirectory } from './complete-directory.js';
import { exportFiles, type GraphExportFile, type LoadProblem, printableName } from './export-files.js';
import { exportKind } from './export-kind.js';
import { type GraphObject, isGraphObject, objectsOf, parseGraphJson } from './graph-value.js';
import type { GraphContent } from './tenant-state.js';

export type { LoadProblem } from './export-files.js';

export interface LoadedExports {
  readonly content: GraphContent;
  readonly problems: readonly LoadProblem[];
  readonly filesRead: number;
}

const NESTING_MAX = 100;

/**
 * Reads a folder of exported policies (of this program, of IntuneManagement, of IntuneCD, or Graph's own answers) as
 * the content of a simulated tenant. A file that can't be used is named among the problems, and the others are still
 * read.
 * Errors: those of opening the folder itself.
 */
export async function loadExports(folder: string): Promise<LoadedExports> {
  const root = await realpath(folder);
  const problems: LoadProblem[] = [];
  const exported: ExportedEntity[] = [];
  let filesRead = 0;
  for await (const file of exportFiles(root, (problem) => problems.push(problem))) {
    filesRead += 1;
    const report = (problem: string, served = false) =>
      problems.push({ file: printableName(file.file), problem, served });
    for (const entity of entitiesOf(file, report)) exported.push(entity);
  }
  const content = assignIds(exported, (problem) => problems.push(problem));
  return { content: completeDirectory(content), problems, filesRead };
}

function entitiesOf(file: GraphExportFile, report: (problem: string) => void): ExportedEntity[] {
  const parsed = parseFile(file.bytes, report);
  if (parsed === undefined) return [];
  const groups = migrationTableGroups(parsed, file) ?? manifestGroups(parsed, file);
  if (groups) return groups;

  const list = Array.isArray(parsed)
    ? parsed
    : isGraphObject(parsed) && Array.isArray(parsed.value)
      ? parsed.value
      : [parsed];
  const listContext = isGraphObject(parsed) ? parsed['@odata.context'] : undefined;
  const found: ExportedEntity[] = [];
  for (const [index, entry] of list.entries()) {
    const place = list.length > 1 ? `entry ${index + 1} ` : '';
    if (!isGraphObject(entry)) {
      report(`${place}holds no policy: it is not a JSON object`);
      continue;
    }
    const inherited = listContext === undefined ? entry : { '@odata.context': listContext, ...entry };
    const kind = exportKind(inherited, file.folders);
    if ('problem' in kind) report(`${place}${kind.problem}`);
    else found.push({ file: file.file, baseName: file.baseName, index, path: kind.path, entity: entry });
  }
  return found;
}

function parseFile(bytes: Uint8Array, report: (problem: string) => void): unknown {
  try {
    const text = decodedText(bytes);
    if (text.trim() === '') report('is empty');
    else {
      const parsed = parseGraphJson(text);
      if (nestingDepth(parsed, NESTING_MAX) <= NESTING_MAX) return parsed;
      report(`is nested deeper than ${NESTING_MAX} levels`);
    }
  } catch (error) {
    if (error instanceof UnreadableTextError) report(error.message);
    else if (error instanceof SyntaxError) report('is damaged: it is not JSON');
    else throw error;
  }
  return undefined;
}

/**
 * The groups in a migration table, the file in which IntuneManagement writes the names of groups that its exports
 * refer to.
 */
function migrationTableGroups(parsed: unknown, file: GraphExportFile): ExportedEntity[] | null {
  if (!isGraphObject(parsed) || !/^migrationtable/i.test(file.baseName) || !Array.isArray(parsed.Objects))
    return null;
  return objectsOf(parsed, 'Objects')
    .filter((row) => row.Type === 'Group' && typeof row.Id === 'string')
    .map((row, index) => {
      const entity: GraphObject = { id: row.Id ?? null, displayName: row.DisplayName ?? null };
      return { file: file.file, baseName: file.baseName, index, path: GROUPS_PATH, entity };
    });
}

/** The groups in the manifest of this program's exports, which has the names of groups that policies refer to. */
function manifestGroups(parsed: unknown, file: GraphExportFile): ExportedEntity[] | null {
  const groups = groupsNamedIn(parsed);
  return (
    groups?.map(({ id, name }, index) => {
      const entity: GraphObject = { id, displayName: name };
      return { file: file.file, baseName: file.baseName, index, path: GROUPS_PATH, entity };
    }) ?? null
  );
}
