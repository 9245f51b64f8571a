import type { PolicyType } from '../catalogue/policy-types.js';

/** The name of a policy's copy of that number, from 1. */
export function copyName(type: PolicyType, name: string, number: number): string {
  const copy = `${name} (restored${number === 1 ? '' : ` ${number}`})`;
  return copy.replace(type.writing?.refusedInNames ?? /$^/g, '');
}

/** The lowest number of a copy whose name is free; `taken` holds the names of the type's policies in lower case. */
export function freeCopyNumber(type: PolicyType, name: string, taken: ReadonlySet<string>): number {
  for (let number = 1; ; number++) if (!taken.has(copyName(type, name, number).toLowerCase())) return number;
}
