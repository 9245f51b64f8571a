import { type Capability, deniedReason } from '../access/capabilities.js';
import { REASON_CODES } from '../runs/reason-codes.js';
import type { HubRead } from './hub/hub-read.js';
import { isConnected } from './hub/inventory-list.js';
import type { TenantAccess } from './request-identity.js';

/** Whether a control can be used and, if not, the reason as a text beside it. */
export interface StartOffer {
  readonly allowed: boolean;
  readonly reason: string | null;
}

const OFFERED: StartOffer = { allowed: true, reason: null };
/** A control that can’t be used, with the reason. */
export const withheld = (reason: string): StartOffer => ({ allowed: false, reason });

/**
 * Whether a run can be started: the person must be allowed to, and there must be no `obstacle`, a reason code. The
 * start decides again from the log.
 */
export function startOffer(access: TenantAccess, obstacle: keyof typeof REASON_CODES | null): StartOffer {
  const denied = deniedReason(access.roles, 'runs.start');
  if (denied) return withheld(denied);
  if (obstacle === null) return OFFERED;
  const { meaning, advice } = REASON_CODES[obstacle];
  return withheld(`${meaning} ${advice}`);
}

/** Whether a run that needs Graph can be started. */
export const graphStartOffer = async (access: TenantAccess, db: HubRead): Promise<StartOffer> =>
  startOffer(access, (await isConnected(db)) ? null : 'not_connected');

/** Whether a person may carry out a command of an entity. */
export function commandOffer(
  access: TenantAccess,
  { capability }: { readonly capability: Capability },
): StartOffer {
  const denied = deniedReason(access.roles, capability);
  return denied ? withheld(denied) : OFFERED;
}
