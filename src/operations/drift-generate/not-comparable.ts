import { policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import type { SetAside } from '../../policies/unread-policies.js';
import type { SeenPolicy } from '../inventory-sync/read-observations.js';
import type { RunFailure } from '../run-failure.js';
import type { Outcome } from '../vocabulary.js';
import type { PolicyContentLost } from './policy-contents.js';
import type { Inventory, UnreadItem } from './read-inventory.js';

type Side = 'baseline' | 'current';

/** Why a policy whose stored content is lost can't be compared, as a sentence. */
export const lostInWords = ({ message }: PolicyContentLost, side: Side): string =>
  `Its stored content of the ${side} inventory ${message}.`;

/** Collects the items of policies that can't be compared: one for each policy, with the reason. */
export class NotComparable {
  readonly items = new Map<string, Outcome>();
  /** Unread policies that were matched with a policy of the other inventory, which has their item. */
  readonly #matched = new Set<UnreadItem>();

  constructor(
    private readonly baseline: Inventory,
    private readonly current: Inventory,
  ) {}

  /** Adds a policy whose type one of the inventories did not read completely. */
  addOfIncompleteType({ policyType, ...policy }: SeenPolicy): void {
    const side = this.current.completeTypes.has(policyType) ? 'baseline' : 'current';
    const code = this[side].failedTypes.get(policyType);
    const label = policyTypeNamed(policyType)?.label ?? policyType;
    const reason = `${label} was not read completely in the ${side} inventory${code ? ` (${code})` : ''}.`;
    this.#add(policy.itemId, policy.name, { type: policyType, id: policy.policyId }, reason);
  }

  /** Adds a policy that the inventory on that side may have listed without being able to read it. */
  addAside({ policy, unread, match }: SetAside<{ readonly seen: SeenPolicy }, UnreadItem>, side: Side): void {
    const { itemId, name, policyType, policyId } = policy.seen;
    this.#matched.add(unread);
    const where = `in the ${side} inventory (${unread.reasonCode})`;
    const reason = {
      same_id: `It could not be read ${where}.`,
      same_name: `A policy of its name could not be read ${where}; it may be this one.`,
      may_be: `A policy that Graph answered without an id could not be read ${where}; it may be this one.`,
    }[match];
    this.#add(itemId, name, { type: policyType, id: policyId }, reason);
  }

  /** Adds a policy that could not be read and that the other inventory doesn't have. */
  addUnread(unread: UnreadItem, side: Side): void {
    if (this.#matched.has(unread)) return;
    const { itemId, name, policyType, id, reasonCode } = unread;
    this.#add(
      itemId,
      name,
      { type: policyType, id },
      `It could not be read in the ${side} inventory (${reasonCode}).`,
    );
  }

  /** Adds a policy that Microsoft made, which inventories of the other one's version left out. */
  addNotReadThen({ itemId, name, policyType, policyId }: SeenPolicy, side: Side): void {
    const what = policyTypeNamed(policyType)?.madeByMicrosoft?.what ?? 'such policies';
    const reason = `The ${side} inventory is of a version of Opsledger that did not read ${what}.`;
    this.#add(itemId, name, { type: policyType, id: policyId }, reason);
  }

  /** Adds a policy whose stored content is lost. */
  addLost(lost: PolicyContentLost, side: Side): void {
    const { itemId, name, policyType, policyId } = lost.seen;
    this.#add(itemId, name, { type: policyType, id: policyId }, lostInWords(lost, side));
  }

  /** Adds a policy that this program can't compare. */
  addFailed({ itemId, name, policyType, policyId }: SeenPolicy, { reasonCode, message }: RunFailure): void {
    const subject = { type: policyType, id: policyId };
    this.items.set(itemId, { itemId, label: name, subject, outcome: 'failed', reasonCode, reason: message });
  }

  #add(itemId: string, label: string, subject: { type: string; id: string }, reason: string): void {
    if (this.items.has(itemId)) return;
    this.items.set(itemId, {
      itemId,
      label,
      subject,
      outcome: 'skipped',
      reasonCode: 'not_comparable',
      reason,
    });
  }
}
