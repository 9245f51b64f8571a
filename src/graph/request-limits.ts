/**
 * The number of requests that Graph accepts from one app in a tenant, and from all apps there, in any window of
 * this length.
 */
export interface RequestLimit {
  readonly windowMs: number;
  readonly ofApp: number;
  readonly ofTenant: number;
  /** Whether a refusal has a `Retry-After` header. */
  readonly saysWhen: boolean;
  /** The limit for people, such as "1,000 reads in 20 s". */
  readonly words: string;
}

export type LimitName = 'intune_reads' | 'intune_writes' | 'conditional_access';
export type RequestLimits = Readonly<Record<LimitName, RequestLimit>>;

/** The limits that Microsoft documents. */
export const DOCUMENTED_LIMITS: RequestLimits = Object.freeze({
  intune_reads: {
    windowMs: 20_000,
    ofApp: 1000,
    ofTenant: 2000,
    saysWhen: true,
    words: '1,000 reads in 20 s',
  },
  intune_writes: { windowMs: 20_000, ofApp: 100, ofTenant: 200, saysWhen: true, words: '100 writes in 20 s' },
  conditional_access: {
    windowMs: 1000,
    ofApp: 1,
    ofTenant: 1,
    saysWhen: false,
    words: 'one request a second to conditional access',
  },
});

const CONDITIONAL_ACCESS = /^identity\/conditionalAccess(?:\/|$)/i;
const INTUNE = /^device(?:App)?Management\//i;

/** The limit that a request counts for, by its path below the API version; null when none is documented. */
export function limitOf(method: string, path: string): LimitName | null {
  if (CONDITIONAL_ACCESS.test(path)) return 'conditional_access';
  if (INTUNE.test(path)) return method === 'GET' ? 'intune_reads' : 'intune_writes';
  return null;
}
