import type { PolicyDocument } from '../policy-document.js';

/** Child collections that inventories read only since rules 5. */
const SINCE_RULES_5: ReadonlySet<string> = new Set(['driverInventories']);

/** A policy as an inventory read it before rules 5. */
export function withoutLaterContent({ attached, ...policy }: PolicyDocument): PolicyDocument {
  if (!attached) return policy;
  const earlier = Object.entries(attached).filter(([name]) => !SINCE_RULES_5.has(name));
  return { ...policy, attached: Object.fromEntries(earlier) };
}
