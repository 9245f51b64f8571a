import { allows, type Capability } from '../access/capabilities.js';
import { bounded, type Initiator } from '../runs/run-events.js';
import { sanitizeText } from '../sanitize/index.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import type { WebActor } from '../web/ports/actors.js';

const NAME_LENGTH_MAX = 200;

/**
 * The initiator of a run that a person or a client starts over the web. For a client it has the present name of the
 * token.
 */
export const initiatorOf = (actor: WebActor): Initiator =>
  actor.kind === 'member'
    ? { kind: 'member', personId: actor.personId }
    : { kind: 'api', clientId: actor.clientId, name: bounded(sanitizeText(actor.name), NAME_LENGTH_MAX) };

/** Whether an actor has a capability in a tenant: by a member's roles in the log, or by the list of a token. */
export function mayIn(
  directory: Pick<TenantDirectory, 'rolesOf'>,
  tenantId: string,
  actor: WebActor,
): (capability: Capability) => boolean {
  return (capability) =>
    actor.kind === 'member'
      ? allows(directory.rolesOf(actor.personId, tenantId), capability)
      : actor.capabilities.includes(capability);
}
