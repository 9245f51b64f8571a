import { v5 as uuidv5 } from 'uuid';
import { collectionAt, type GraphCollection } from './collections.js';
import { withoutAnnotations } from './entity-answer.js';
import { type LoadProblem, printableName } from './export-files.js';
import { type GraphObject, graphJson, isGraphObject, objectsOf, textOf } from './graph-value.js';

/** An object of an export file, before it is known to be the only one with its id. */
export interface ExportedEntity {
  readonly file: string;
  readonly baseName: string;
  /** Its place in the file, for files that hold several. */
  readonly index: number;
  readonly path: string;
  readonly entity: GraphObject;
}

/** Namespace of the ids that are derived for policies without an id. */
const ID_NAMESPACE = '6a2b1f0e-2b0c-4c55-9d54-3c1c6a3d2f10';
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/**
 * Intune's ids are GUIDs, some with a suffix; enrollment and legacy ids are words. No slash and no control character.
 */
const ID = /^[\w.@=+-]{1,200}$/;

/** The id of something known only by its name: the same name gives the same id in every export. */
export function idFromName(path: string, name: string): string {
  return uuidv5(`${path}\n${name}`, ID_NAMESPACE);
}

interface Named {
  readonly from: ExportedEntity;
  readonly entity: GraphObject;
  readonly id: string | null;
  readonly name: string;
  readonly modified: string;
}

/**
 * Gives every exported object a name, a unique id, and the form in which Graph would return it. Of several with one
 * id, the one modified first keeps it; the ids of the others are derived from their names.
 */
export function assignIds(
  exported: readonly ExportedEntity[],
  onProblem: (problem: LoadProblem) => void,
): Map<string, GraphObject[]> {
  const content = new Map<string, GraphObject[]>();
  const taken = new Map<string, Named[]>();
  const named = exported.map((from) => toNamed(from, onProblem)).sort(byModification);
  // Owners of ids come first, so that no derived id equals a real one.
  const owners = new Set(named.filter((entry) => claim(entry, taken)));
  const rest = named.filter((entry) => !owners.has(entry));

  for (const entry of owners) add(content, entry, entry.id ?? '');
  for (const entry of rest) {
    const report = (problem: string, served: boolean) =>
      onProblem({ file: printableName(entry.from.file), problem, served });
    const twins = taken.get(keyOf(entry.from.path, entry.id ?? '')) ?? [];
    const same = twins.find((twin) => graphJson(twin.entity) === graphJson(entry.entity));
    if (same) {
      report(`holds the same policy as ${printableName(same.from.file)}`, false);
      continue;
    }
    if (entry.id !== null) {
      twins.push(entry);
      report('has an id that another file has too; it gets one of its own, derived from its name', true);
    }
    add(content, entry, freeId(entry, taken));
  }
  return content;
}

function toNamed(from: ExportedEntity, onProblem: (problem: LoadProblem) => void): Named {
  const collection = collectionAt(from.path);
  if (!collection) throw new Error(`no collection at ${from.path}`);
  const report = (problem: string) => onProblem({ file: printableName(from.file), problem, served: true });
  const stripped = withoutAnnotations(from.entity);
  const entity = isGraphObject(stripped) ? stripped : {};

  // A null or empty name beside an id is what Graph returned; only a missing name is made up.
  const isAnswered = collection.nameField in entity && textOf(entity, 'id') !== null;
  let name = textOf(entity, collection.nameField);
  if (name === null) {
    name = from.baseName;
    if (!isAnswered) {
      entity[collection.nameField] = name;
      report(`has no ${collection.nameField}; it is served under the name of its file`);
    }
  }
  let id = textOf(entity, 'id');
  if (entity.id !== undefined && entity.id !== null && (id === null || !ID.test(id))) {
    id = null;
    report('has an id that is none; it gets one derived from its name');
  }
  countSettings(collection, entity, report);
  return { from, entity, id, name, modified: textOf(entity, 'lastModifiedDateTime') ?? '\uffff' };
}

/** Graph counts the settings itself, so the declared number is right even for an incomplete export. */
function countSettings(
  collection: GraphCollection,
  entity: GraphObject,
  report: (problem: string) => void,
): void {
  if (!('settings' in collection.navigations) || collection.nameField !== 'name') return;
  const settings = objectsOf(entity, 'settings');
  const declared = entity.settingCount;
  if (typeof declared === 'number' && declared !== settings.length)
    report(`says it has ${declared} settings and holds ${settings.length}`);
  entity.settings = settings;
  entity.settingCount = settings.length;
}

function byModification(a: Named, b: Named): number {
  if (a.modified !== b.modified) return a.modified < b.modified ? -1 : 1;
  if (a.from.file !== b.from.file) return a.from.file < b.from.file ? -1 : 1;
  return a.from.index - b.from.index;
}

function keyOf(path: string, id: string): string {
  return `${path}\n${id.toLowerCase()}`;
}

function claim(entry: Named, taken: Map<string, Named[]>): boolean {
  if (entry.id === null || taken.has(keyOf(entry.from.path, entry.id))) return false;
  taken.set(keyOf(entry.from.path, entry.id), [entry]);
  return true;
}

function freeId(entry: Named, taken: Map<string, Named[]>): string {
  for (let ordinal = 1; ; ordinal++) {
    const name = ordinal === 1 ? entry.name : `${entry.name}\n${ordinal}`;
    const id = idFromName(entry.from.path, name);
    if (claim({ ...entry, id }, taken)) return id;
  }
}

function add(content: Map<string, GraphObject[]>, entry: Named, id: string): void {
  const list = content.get(entry.from.path) ?? [];
  list.push({ ...entry.entity, id: GUID.test(id) ? id.toLowerCase() : id });
  content.set(entry.from.path, list);
}
