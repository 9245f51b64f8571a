import { deniedReason } from '../access/capabilities.js';
import { REASON_CODES } from '../runs/reason-codes.js';
import type { TenantAccess } from './request-identity.js';

/** Whether a control is offered, and if not, why, in words that stand beside it. */
export interface Offer {
  readonly allowed: boolean;
  readonly reason: string | null;
}

const OFFERED: Offer = { allowed: true, reason: null };
const withheld = (reason: string): Offer => ({ allowed: false, reason });

/** Whether an inventory can be started. The start decides again, from the log. */
export function inventoryOffer(access: TenantAccess, connected: boolean): Offer {
  const denied = deniedReason(access.roles, 'runs.start');
  if (denied) return withheld(denied);
  return connected ? OFFERED : withheld(wordsOf('not_connected'));
}

/** Whether drift can be looked for in a scope that has so many usable inventories. */
export function driftOffer(access: TenantAccess, usableInventories: number): Offer {
  const denied = deniedReason(access.roles, 'runs.start');
  if (denied) return withheld(denied);
  return usableInventories >= 2 ? OFFERED : withheld(wordsOf('needs_two_inventories'));
}

/** Whether findings can be acknowledged and reopened. */
export function reviewOffer(access: TenantAccess): Offer {
  const denied = deniedReason(access.roles, 'findings.review');
  return denied ? withheld(denied) : OFFERED;
}

function wordsOf(code: 'not_connected' | 'needs_two_inventories'): string {
  const { meaning, advice } = REASON_CODES[code];
  return `${meaning} ${advice}`;
}
