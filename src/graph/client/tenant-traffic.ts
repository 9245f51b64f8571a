import type { Chance, Clock } from '../../clock.js';
import { DOCUMENTED_LIMITS, type LimitName, type RequestLimits } from '../request-limits.js';
import { type Admission, type AdmissionWait, createRequestBudget } from './request-budget.js';
import { createThrottleGate, type ThrottleGate } from './throttle-gate.js';

/**
 * Limits the requests of one app in one tenant. Graph counts by tenant, so all clients of a tenant in a process
 * share one traffic.
 */
export interface TenantTraffic {
  readonly limits: RequestLimits;
  /** The gate that holds back requests of a limit's service after a 429; requests to other services continue. */
  gateOf(limit: LimitName | null): ThrottleGate;
  /** Resolves when this number of requests of a limit may be sent. A limit of null means that none is documented. */
  admit(limit: LimitName | null, count: number, wait: AdmissionWait): Promise<Admission>;
}

/** The service of each limit. A 429 for one limit of a service also delays the requests of its other limits. */
const SERVICE_OF: Readonly<Record<LimitName, string>> = {
  intune_reads: 'intune',
  intune_writes: 'intune',
  conditional_access: 'conditional access',
};

const UNLIMITED: Admission = { answered() {}, unsent() {} };

/**
 * Keeps within Graph's limits. `share` returns the part of them that this process may use at present, more than 0 and
 * at most 1, because other processes may use the same app in the same tenant.
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
    const ofProcess = () => ofApp * share();
    return createRequestBudget({
      clock,
      requestsMax: () => Math.max(1, Math.floor(ofProcess())),
      // A share of less than one request makes its window longer.
      windowMs: () => Math.ceil(windowMs / Math.min(1, ofProcess())),
    });
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
