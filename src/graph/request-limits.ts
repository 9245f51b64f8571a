/** Requests that Graph takes of an app in a tenant, and of all apps there, in any stretch of time of that length. */
export interface RequestLimit {
  readonly windowMs: number;
  readonly ofApp: number;
  readonly ofTenant: number;
  /** Whether a refusal says when to come back. */
  readonly saysWhen: boolean;
  /** What is limited, for people: "1,000 reads in 20 s". */
  readonly words: string;
}

export type LimitName = 'intune_reads' | 'intune_writes' | 'conditional_access';
export type RequestLimits = Readonly<Record<LimitName, RequestLimit>>;

/** What Microsoft documents. */
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

/** The limit that a request counts for, by its path below the API version; null where none is documented. */
export function limitOf(method: string, path: string): LimitName | null {
  if (CONDITIONAL_ACCESS.test(path)) return 'conditional_access';
  if (INTUNE.test(path)) return method === 'GET' ? 'intune_reads' : 'intune_writes';
  return null;
}
