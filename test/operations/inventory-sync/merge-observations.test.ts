import t from 'tap';
import type { NamedSetting } from '../../../src/operations/inventory-sync/inventory-events.js';
import { mergeObservations } from '../../../src/operations/inventory-sync/merge-observations.js';
import { observedWith } from '../../support/finding-builder.js';

/** Goal: merged events keep every observation with its settings, name a setting once, and stay within 60 KiB. */
const EVENT_BYTES_MAX = 60 * 1024;

const observed = (n: number, settings: NamedSetting[]) => ({
  type: 'InventoryItemsObserved' as const,
  data: {
    scopeKey: 'ab'.repeat(16),
    rulesVersion: 2,
    unread: [],
    settings,
    policies: [
      observedWith({ itemId: `type/${n}`, policyId: `${n}`, sets: settings.map((_, place) => place) }),
    ],
  },
});
const long = (from: number, count: number): NamedSetting[] =>
  Array.from({ length: count }, (_, n) => ({ path: `${'settings/'.repeat(30)}${from + n}`, label: null }));
const bytesOf = (data: object) => Buffer.byteLength(JSON.stringify(data));

t.test('an event counts all settings that it names, also those of the event before', async (t) => {
  // Each policy sets what all others set, and something of its own.
  const common = long(0, 120);
  const produced = Array.from({ length: 40 }, (_, n) =>
    observed(n, [...common, ...long(1_000 + n * 40, 40)]),
  );
  const merged = mergeObservations(produced);
  t.ok(merged.length > 1);
  for (const { data } of merged) t.ok(bytesOf(data) <= EVENT_BYTES_MAX, `${bytesOf(data)} bytes`);
  const read = merged.flatMap(({ data }) =>
    data.policies.map(({ policyId, sets }) => [policyId, sets?.map((place) => data.settings[place]?.path)]),
  );
  const wanted = produced.map(({ data }, n) => [`${n}`, data.settings.map(({ path }) => path)]);
  t.same(read, wanted, 'every policy with its settings, in order');
  for (const { data } of merged)
    t.equal(new Set(data.settings.map(({ path }) => path)).size, data.settings.length, 'each setting once');
});
