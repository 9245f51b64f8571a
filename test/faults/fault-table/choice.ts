import type { Fault } from './fault.js';

/**
 * The faults that `FAULTS` names: all of them when it is empty, those of a range of numbers (`12-20`, counted from 1),
 * one number, or those whose name contains its words. Throws where it names none.
 */
export function chosenFaults(all: readonly Fault[], choice: string): readonly Fault[] {
  const range = /^(\d+)(?:-(\d+))?$/.exec(choice);
  const chosen = range
    ? all.slice(Number(range[1]) - 1, Number(range[2] ?? range[1]))
    : all.filter(({ name }) => name.includes(choice));
  if (chosen.length === 0) throw new Error(`FAULTS=${choice} names none of the ${all.length} faults`);
  return chosen;
}
