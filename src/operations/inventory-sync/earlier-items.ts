import { canonicalJson, type JsonObject } from '../../ledger/canonical-json.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { COMPARING_RULES } from '../../policies/hash-inputs.js';
import type { RepeatedItem } from '../../runs/decider.js';
import { originKey } from '../../runs/repeated-items.js';
import type { ItemOutcome } from '../../runs/run-events.js';
import type { RunHandle } from '../run-handle.js';
import type { ObservedPolicy } from './inventory-events.js';
import { type ObservedItem, readObservations } from './read-observations.js';
import { findUsableInventories } from './usable-inventories.js';

/**
 * Most runs that one inventory refers to. Beyond this limit it records everything itself, and later inventories
 * refer only to it.
 */
const ORIGINS_MAX = 20;

/** The items of the newest usable inventory of the scope; items that are unchanged aren't written again. */
export interface EarlierItems {
  /** Whether an earlier attempt of this run has repeated the item. */
  isRepeated(itemId: string): boolean;
  /** How many policies of the type earlier attempts have repeated. */
  repeatedOf(policyType: string): number;
  /** Where the same outcome with the same observation was recorded, or undefined. */
  sameAs(outcome: ItemOutcome, observed: ObservedPolicy): RepeatedItem | undefined;
}

/** Reads the newest item of each policy in the scope from the log. */
export async function readEarlierItems(
  ledger: LedgerReader,
  run: Pick<RunHandle, 'tenantId' | 'repeated'>,
  scopeKey: string,
): Promise<EarlierItems> {
  const known = await newestItems(ledger, run.tenantId, scopeKey);
  const isRepeated = (item: ObservedItem | undefined): boolean =>
    item !== undefined && run.repeated.has(originKey(item.origin));
  return {
    isRepeated: (itemId) => isRepeated(known.get(itemId)),
    repeatedOf(policyType) {
      let policies = 0;
      for (const item of known.values())
        if (item.item.subject?.type === policyType && isRepeated(item)) policies += 1;
      return policies;
    },
    sameAs(outcome, observed) {
      const before = known.get(outcome.itemId);
      const same = before && textOf(before.item, before.policy) === textOf(outcome, withRules(observed));
      return same ? { ...before.origin, subjectType: outcome.subject?.type ?? null } : undefined;
    },
  };
}

async function newestItems(
  ledger: LedgerReader,
  tenantId: string,
  scopeKey: string,
): Promise<ReadonlyMap<string, ObservedItem>> {
  const [newest] = await findUsableInventories(ledger, tenantId, scopeKey, 1);
  const { items = [] } = (newest && (await readObservations(ledger, tenantId, newest.runId))) ?? {};
  const origins = new Set(items.map(({ origin }) => origin.runId));
  if (origins.size > ORIGINS_MAX) return new Map();
  const policies = items.filter(({ item, policy }) => policy && item.outcome === 'succeeded');
  return new Map(policies.map((item) => [item.item.itemId, item]));
}

const withRules = (observed: ObservedPolicy) => ({ ...observed, rulesVersion: COMPARING_RULES });

/**
 * A text that is equal for equal observations. The places of settings differ between events that name the same
 * settings, so only whether there are any is compared.
 */
function textOf(item: ItemOutcome, policy: ObservedPolicy | undefined): string {
  const compared = policy && { ...policy, sets: policy.sets !== null };
  return canonicalJson({ item, policy: compared ?? null } as JsonObject);
}
