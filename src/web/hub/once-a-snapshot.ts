import type { HubRead } from './hub-read.js';

/**
 * A read that a page makes once, however many of its parts need the result: for the same key in the same snapshot, it
 * gives the same result again.
 */
export function onceASnapshot<Key extends object, Result>(
  read: (db: HubRead, key: Key) => Promise<Result>,
): (db: HubRead, key: Key) => Promise<Result> {
  const bySnapshot = new WeakMap<HubRead, WeakMap<Key, Promise<Result>>>();
  return (db, key) => {
    const results = bySnapshot.get(db) ?? new WeakMap<Key, Promise<Result>>();
    bySnapshot.set(db, results);
    const result = results.get(key) ?? read(db, key);
    results.set(key, result);
    return result;
  };
}
