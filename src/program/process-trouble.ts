import { databaseTroubleInWords } from '../db/database-trouble.js';
import type { ProgramContext } from './program-context.js';

/**
 * Trouble that keeps this process from working, which it reports to the other processes, because they can't see
 * it. Undefined when there is none.
 */
export function processTrouble({
  clocks,
  infrastructure,
}: Pick<ProgramContext, 'clocks' | 'infrastructure'>): string | undefined {
  const { bus, ledger, troubles } = infrastructure;
  const clock = clocks.words();
  if (clock?.state === 'wrong') return `its clock ${clock.words}`;
  const refusal = ledger.log.refusal();
  if (refusal !== undefined) return `the event store takes no events from it: ${refusal}`;
  const trouble = troubles.latest();
  if (trouble !== undefined) return databaseTroubleInWords(trouble);
  const health = bus.health();
  return health.ok ? undefined : health.detail;
}
