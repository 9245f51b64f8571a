import type { Actor } from '../ledger/envelope.js';
import type { Initiator } from './run-events.js';

/** Id of the client with the token in the data folder, which is the CLI of this machine's user. */
export const LOCAL_CLIENT_ID = 'local-cli';
export const LOCAL_CLIENT_NAME = 'CLI on this machine';

/**
 * The name that a schedule or a client had when it asked; null for members, because the log holds no names of
 * people.
 */
export const nameThen = (initiator: Initiator): string | null =>
  initiator.kind === 'member' ? null : (initiator.name ?? null);

/** The actor in the events that an initiator causes. */
export function actorOf(initiator: Initiator): Actor {
  switch (initiator.kind) {
    case 'member':
      return { kind: 'member', id: initiator.personId };
    case 'schedule':
      return { kind: 'schedule', id: initiator.scheduleId };
    case 'api':
      return { kind: 'api', id: initiator.clientId };
  }
}
