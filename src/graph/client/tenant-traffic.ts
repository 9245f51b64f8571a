import type { Chance, Clock } from '../../clock.js';
import { DOCUMENTED_LIMITS, type LimitName, type RequestLimits } from '../request-limits.js';
import { type Admission, type AdmissionWait, createRequestBudget } from './request-budget.js';
import { createThrottleGate, type ThrottleGate } from './throttle-gate.js';

/**
 * The requests of one app in one tenant. Graph's budgets are the tenant's, so all clients of a tenant in a process
 * share one traffic.
 */
export interface TenantTraffic {
  readonly limits: RequestLimits;
  /** What holds back requests of a limit after Graph refused one; those of the other limits go on. */
  gateOf(limit: LimitName | null): ThrottleGate;
  /** Resolves when so many requests of a limit may be sent; null where none is documented. */
  admit(limit: LimitName | null, count: number, wait: AdmissionWait): Promise<Admission>;
}

/** Which limits Graph counts in one service, so that a refusal by one says something of the other. */
const SERVICE_OF: Readonly<Record<LimitName, string>> = {
  intune_reads: 'intune',
  intune_writes: 'intune',
  conditional_access: 'conditional access',
};

const UNLIMITED: Admission = { answered() {}, unsent() {} };

/**
 * Keeps to Graph's limits. `share` answers which part of them this process may use at present, where others use the
 * same app in the same tenant: more than 0, at most 1.
 */
export function createTenantTraffic({
  clock,
  chance,
  limits = DOCUMENTED_LIMITS,
  share = () => 1,
}: {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly limits?: RequestLimits;
  readonly share?: () => number;
}): TenantTraffic {
  const gates = new Map<string, ThrottleGate>();
  const budgetOf = (name: LimitName) => {
    const { windowMs, ofApp } = limits[name];
    const requestsMax = () => Math.max(1, Math.floor(ofApp * share()));
    return createRequestBudget({ clock, windowMs, requestsMax });
  };
  const budgets = {
    intune_reads: budgetOf('intune_reads'),
    intune_writes: budgetOf('intune_writes'),
    conditional_access: budgetOf('conditional_access'),
  };
  return {
    limits,
    gateOf(limit) {
      const service = limit === null ? 'other' : SERVICE_OF[limit];
      const gate = gates.get(service) ?? createThrottleGate(chance);
      gates.set(service, gate);
      return gate;
    },
    async admit(limit, count, wait) {
      return limit === null ? UNLIMITED : budgets[limit].admit(count, wait);
    },
  };
}
