import type { PolicyType } from '../catalogue/policy-types.js';

/** A longer name is made only of a policy whose own name is as long, so that Graph takes it. */
const NAME_LENGTH_MAX = 120;

/**
 * The name of a policy's copy of that number, from 1. Where it would be too long, the end of the policy's own name is
 * left out.
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
