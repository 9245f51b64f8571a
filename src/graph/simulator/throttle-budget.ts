import type { Clock } from '../../clock.js';
import { type LimitName, limitOf, type RequestLimits } from '../request-limits.js';

/** Who asks for what. */
export interface ThrottledRequest {
  readonly tenant: string;
  /** The app, by its id or its token. */
  readonly app: string;
  readonly method: string;
  /** Below the API version. */
  readonly path: string;
}

export interface ThrottleRefusal {
  readonly limit: LimitName;
  /** Whose budget is spent: the app's in this tenant, or the tenant's of all apps. */
  readonly scope: 'Tenant_Application' | 'Tenant';
  /** Seconds after which to try again, or null where Graph doesn't say. */
  readonly retryAfterSeconds: number | null;
}

export interface ThrottleBudget {
  /** Null lets the request through and counts it. */
  spend(request: ThrottledRequest): ThrottleRefusal | null;
}

/** Counts requests over sliding windows; a refused request costs nothing. */
export function createThrottleBudget(limits: RequestLimits, clock: Clock): ThrottleBudget {
  const spent = new Map<string, number[]>();
  /** Times of what still counts, oldest first. */
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
