import type { DraftOf } from '../../ledger/event-registry.js';
import type { InventoryItemsObserved, NamedSetting, ObservedPolicy } from './inventory-events.js';

type ObservedDraft = DraftOf<typeof InventoryItemsObserved>;

/** Most policies in one event. */
const OBSERVED_IN_ONE_EVENT = 100;
/** Longest event as JSON, in bytes; a single policy that is longer gets an event of its own. */
const EVENT_BYTES_MAX = 60 * 1024;

/** Merges the events of single observations into events of a bounded size, each of which names a setting once. */
export function mergeObservations(produced: readonly ObservedDraft[]): readonly ObservedDraft[] {
  const merged: ObservedDraft[] = [];
  let part: ObservedDraft['data'] | undefined;
  let places = new Map<string, number>();
  let bytes = 0;
  for (const { data } of produced) {
    const news = data.settings.filter((setting) => !places.has(keyOf(setting)));
    let size = sizeOf({ ...data, settings: news });
    const isFull = part && part.policies.length + part.unread.length >= OBSERVED_IN_ONE_EVENT;
    if (!part || isFull || bytes + size > EVENT_BYTES_MAX) {
      part = { ...data, policies: [], unread: [], settings: [] };
      places = new Map();
      bytes = 0;
      // A new event names all settings of its first policy, also those that the event before named.
      size = sizeOf(data);
      merged.push({ type: 'InventoryItemsObserved', data: part });
    }
    for (const setting of data.settings) {
      if (places.has(keyOf(setting))) continue;
      places.set(keyOf(setting), part.settings.length);
      part.settings.push(setting);
    }
    const placeOf = (place: number): number => places.get(keyOf(data.settings[place])) ?? -1;
    const moved = ({ sets, ...policy }: ObservedPolicy): ObservedPolicy => ({
      ...policy,
      sets: sets?.map(placeOf) ?? null,
    });
    part.policies.push(...data.policies.map(moved));
    part.unread.push(...data.unread);
    bytes += size;
  }
  return merged;
}

const sizeOf = (data: ObservedDraft['data']): number => Buffer.byteLength(JSON.stringify(data));

const keyOf = (setting: NamedSetting | undefined): string => `${setting?.path}\n${setting?.label}`;
