import type { Initiator } from '../runs/run-events.js';
import type { WebActor } from '../web/ports.js';

/** Whoever acts through the web, as the initiator of a run. */
export const initiatorOf = (actor: WebActor): Initiator =>
  actor.kind === 'member'
    ? { kind: 'member', personId: actor.personId }
    : { kind: 'api', clientId: actor.clientId };
