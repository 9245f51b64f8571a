import type { Initiator } from '../runs/run-events.js';
import { type StartDependencies, type StartResult, startRun } from '../starting/start-run.js';

/** Starts a check of a tenant's present connection, or joins one that is active (C3). Errors: those of `startRun`. */
export const startConnectionCheck = (
  starts: StartDependencies,
  check: {
    readonly tenantId: string;
    /** The credential of the connection, so that no check of the one before is joined. */
    readonly credentialId: string | null;
    readonly initiator: Initiator;
    readonly correlationId: string;
  },
): Promise<StartResult> =>
  startRun(starts, {
    ...check,
    type: 'connection.check',
    input: {},
    connected: true,
    allows: () => true,
  });
