import type { PolicyType } from '../catalogue/policy-types.js';

/** A name for a copy of a policy that no policy of its type has yet; `taken` holds the names in lower case. */
export function copyNameFor(type: PolicyType, name: string, taken: ReadonlySet<string>): string {
  const allowed = (text: string) => text.replace(type.writing?.refusedInNames ?? /$^/g, '');
  for (let number = 1; ; number++) {
    const copy = allowed(`${name} (restored${number === 1 ? '' : ` ${number}`})`);
    if (!taken.has(copy.toLowerCase())) return copy;
  }
}
