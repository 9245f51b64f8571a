import type { Initiator } from '../../../src/runs/run-events.js';

/** The id of whoever started a run, whatever their kind. */
export function initiatorId(initiator: Initiator): string {
  switch (initiator.kind) {
    case 'member':
      return initiator.personId;
    case 'schedule':
      return initiator.scheduleId;
    case 'api':
      return initiator.clientId;
  }
}
