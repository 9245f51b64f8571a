import type { Clock } from '../../clock.js';
import { type LimitName, limitOf, type RequestLimits } from '../request-limits.js';

/** A request, for counting it. */
export interface ThrottledRequest {
  readonly tenant: string;
  /** The app's id, or its token when the id isn't known. */
  readonly app: string;
  readonly method: string;
  /** Path below the API version. */
  readonly path: string;
}

export interface ThrottleRefusal {
  readonly limit: LimitName;
  /** Whether the budget of the app in this tenant is spent, or that of all apps in the tenant. */
  readonly scope: 'Tenant_Application' | 'Tenant';
  /** Seconds after which to try again, or null when Graph doesn't say. */
  readonly retryAfterSeconds: number | null;
}

export interface ThrottleBudget {
  /** Null when the request is accepted, which also counts it. */
  spend(request: ThrottledRequest): ThrottleRefusal | null;
}

/** Counts requests over sliding windows; refused requests don't count. */
export function createThrottleBudget(limits: RequestLimits, clock: Clock): ThrottleBudget {
  const spent = new Map<string, number[]>();
  /** Times of the requests that still count, oldest first. */
  const counted = (key: string, windowMs: number): number[] => {
    const since = clock.monotonicMs() - windowMs;
    const times = spent.get(key) ?? [];
    const over = times.findIndex((time) => time > since);
    const left = over < 0 ? [] : over === 0 ? times : times.slice(over);
    spent.set(key, left);
    return left;
  };
  return {
    spend({ tenant, app, method, path }) {
      const name = limitOf(method, path);
      if (name === null) return null;
      const { windowMs, ofApp, ofTenant, saysWhen } = limits[name];
      const now = clock.monotonicMs();
      const ofThisApp = counted(JSON.stringify([name, tenant, app]), windowMs);
      const ofAllApps = counted(JSON.stringify([name, tenant]), windowMs);
      const isAppSpent = ofThisApp.length >= ofApp;
      if (!isAppSpent && ofAllApps.length < ofTenant) {
        ofThisApp.push(now);
        ofAllApps.push(now);
        return null;
      }
      const [oldest = now] = isAppSpent ? ofThisApp : ofAllApps;
      const seconds = Math.max(1, Math.ceil((oldest + windowMs - now) / 1000));
      return {
        limit: name,
        scope: isAppSpent ? 'Tenant_Application' : 'Tenant',
        retryAfterSeconds: saysWhen ? seconds : null,
      };
    },
  };
}
