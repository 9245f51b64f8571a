import { isDeepStrictEqual } from 'node:util';
import type { GraphObject } from './graph-value.js';

/** Entities by collection path; each is complete (with settings and assignments) and has an `id`. */
export type GraphContent = ReadonlyMap<string, readonly GraphObject[]>;

interface StoredEntity {
  readonly sequence: number;
  readonly entity: GraphObject;
}

export interface EntityPage {
  readonly entities: readonly GraphObject[];
  /** The beginning of the next page, or null after the last one. */
  readonly after: number | null;
  readonly total: number;
}

export interface EntityChange {
  readonly id: string;
  /** Null when it was deleted. */
  readonly entity: GraphObject | null;
  /** The fields that were given another value; null when it was added meanwhile. */
  readonly fields: ReadonlySet<string> | null;
  /** Whether it was deleted at some time meanwhile. */
  readonly wasRemoved: boolean;
}

/** One simulated tenant's content, in memory. */
export interface SimulatedState {
  /** Tells apart the journals of two states, because a point of one says nothing about the other. */
  readonly journalId: string;
  /** A page in order of creation, so that changes between two pages neither repeat nor hide other entities. */
  page(path: string, after: number, size: number, accepts?: (entity: GraphObject) => boolean): EntityPage;
  get(path: string, id: string): GraphObject | undefined;
  /** Adds or replaces by the entity's `id`. */
  put(path: string, entity: GraphObject): void;
  remove(path: string, id: string): boolean;
  /** The changes in a collection after that point, each id once, and the present point. */
  changes(path: string, since: number): { readonly changes: readonly EntityChange[]; readonly now: number };
  counts(): Readonly<Record<string, number>>;
  /** Applies the differences between two contents, and keeps what clients have written. */
  advance(from: GraphContent, to: GraphContent): void;
}

interface JournalEntry {
  readonly path: string;
  readonly id: string;
  readonly at: number;
  readonly fields: ReadonlySet<string> | null;
  readonly removed: boolean;
}

function idOf(entity: GraphObject): string {
  return String(entity.id);
}

export function createTenantState(content: GraphContent, journalId: string): SimulatedState {
  const collections = new Map<string, Map<string, StoredEntity>>();
  const journal: JournalEntry[] = [];
  let sequence = 0;

  const collection = (path: string) => {
    const found = collections.get(path) ?? new Map<string, StoredEntity>();
    collections.set(path, found);
    return found;
  };

  const put = (path: string, entity: GraphObject): void => {
    sequence += 1;
    const id = idOf(entity).toLowerCase();
    const before = collection(path).get(id);
    collection(path).set(id, { sequence: before?.sequence ?? sequence, entity });
    const fields = before ? changedFields(before.entity, entity) : null;
    journal.push({ path, id, at: sequence, fields, removed: false });
  };

  const remove = (path: string, id: string): boolean => {
    const removed = collection(path).delete(id.toLowerCase());
    if (removed) {
      sequence += 1;
      journal.push({ path, id: id.toLowerCase(), at: sequence, fields: null, removed: true });
    }
    return removed;
  };

  for (const [path, entities] of content) for (const entity of entities) put(path, entity);

  return {
    journalId,
    put,
    remove,
    get: (path, id) => collections.get(path)?.get(id.toLowerCase())?.entity,
    page(path, after, size, accepts = () => true) {
      const accepted = [...collection(path).values()].filter((stored) => accepts(stored.entity));
      const rest = accepted.filter((stored) => stored.sequence > after);
      const taken = rest.slice(0, size);
      return {
        entities: taken.map((stored) => stored.entity),
        after: rest.length > size ? (taken.at(-1)?.sequence ?? null) : null,
        total: accepted.length,
      };
    },
    changes(path, since) {
      const changes = new Map<string, EntityChange>();
      for (const entry of journal.filter((entry) => entry.path === path && entry.at > since)) {
        const earlier = changes.get(entry.id);
        const isNew = entry.fields === null || earlier?.fields === null;
        changes.set(entry.id, {
          id: entry.id,
          entity: collection(path).get(entry.id)?.entity ?? null,
          fields: isNew ? null : new Set([...(earlier?.fields ?? []), ...(entry.fields ?? [])]),
          wasRemoved: entry.removed || earlier?.wasRemoved === true,
        });
      }
      return { changes: [...changes.values()], now: sequence };
    },
    counts: () => Object.fromEntries([...collections].map(([path, entities]) => [path, entities.size])),
    advance(from, to) {
      for (const path of new Set([...from.keys(), ...to.keys()])) {
        const before = new Map((from.get(path) ?? []).map((entity) => [idOf(entity), entity]));
        const after = new Map((to.get(path) ?? []).map((entity) => [idOf(entity), entity]));
        for (const id of before.keys()) if (!after.has(id)) remove(path, id);
        for (const [id, entity] of after) if (!isDeepStrictEqual(before.get(id), entity)) put(path, entity);
      }
    },
  };
}

function changedFields(before: GraphObject, after: GraphObject): ReadonlySet<string> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return new Set([...names].filter((name) => !isDeepStrictEqual(before[name], after[name])));
}
