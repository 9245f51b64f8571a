import { v5 as uuidv5 } from 'uuid';

const NAMESPACE = '0b6b2f58-7d2b-4c53-9d0e-1c7c9f0e7a11';

/** The id of the backup set of what a restore overwrites. It is derived from the run's id, so that each attempt fills the same set. */
export const undoSetIdOf = (runId: string): string => uuidv5(runId, NAMESPACE);
