import type { PolicyType } from '../catalogue/policy-types.js';

/** The longest name of a copy, unless the policy's own name is longer: Graph has accepted that length. */
const NAME_LENGTH_MAX = 120;

/**
 * The name of a policy's copy. Copies are numbered from 1. Where the name would be too long, the end of the policy's
 * own name is left out.
 */
export function copyName(type: PolicyType, name: string, number: number): string {
  const ending = ` (restored${number === 1 ? '' : ` ${number}`})`;
  const room = Math.max(name.length, NAME_LENGTH_MAX) - ending.length;
  const own =
    name.length <= room
      ? name
      : name
          .slice(0, room)
          .toWellFormed()
          .replace(/[\s\uFFFD]+$/u, '');
  return (own + ending).replace(type.writing?.refusedInNames ?? /$^/g, '');
}

/** The lowest number of a copy whose name is free; `taken` holds the names of the type's policies in lower case. */
export function freeCopyNumber(type: PolicyType, name: string, taken: ReadonlySet<string>): number {
  for (let number = 1; ; number++) if (!taken.has(copyName(type, name, number).toLowerCase())) return number;
}
