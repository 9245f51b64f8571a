import type { Kysely } from 'kysely';
import { isCapability, TOKEN_CAPABILITIES } from '../access/capabilities.js';
import type { Chance, Clock } from '../clock.js';
import { findPerson, recordInvitedPerson } from '../db/persons.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import type { ChangeOutcome } from '../ledger/entity-command.js';
import type { Ledger } from '../ledger/ledger.js';
import { actorOf } from '../runs/initiator.js';
import { removeMember, setAccess, setMemberRole, TenantRefusal } from '../tenancy/tenant-commands.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import { newApiToken } from '../tokens/api-token.js';
import { issueApiToken, readTokenName, revokeApiToken } from '../tokens/api-tokens.js';
import { listTokens, tenantOfToken } from '../tokens/token-rows.js';
import type { TenantRequest, WebActor } from '../web/ports/actors.js';
import type { MembersPort } from '../web/ports/members.js';
import type { TokensPort } from '../web/ports/tokens.js';
import { initiatorOf } from './web-actors.js';

interface TenancyDependencies {
  readonly ledger: Ledger;
  readonly directory: TenantDirectory;
  readonly primary: Kysely<PrimaryTables>;
  readonly clock: Clock;
  readonly chance: Chance;
}

/** Longest wait until this process has applied a change that it has just appended. */
export const DIRECTORY_WAIT_MS = 2000;

/** Changes of members and grants, as events of the tenant. */
export function createMembersPort(deps: TenancyDependencies): MembersPort {
  const { chance, ledger, primary } = deps;
  return {
    async personOf(who) {
      if ('personId' in who) return (await findPerson(primary, who.personId))?.personId;
      return recordInvitedPerson(primary, { ...who, personId: chance.uuid() });
    },
    setRole: (actor, { tenantId, personId, role, shownRole, ...request }) =>
      outcomeOf(deps, () =>
        setMemberRole(ledger, tenantId, { personId, role, shownRole }, changeBy(actor, request)),
      ),
    remove: (actor, { tenantId, personId, ...request }) =>
      outcomeOf(deps, () => removeMember(ledger, tenantId, personId, changeBy(actor, request))),
    setAccess: (actor, { tenantId, personId, role, granted, ...request }) =>
      outcomeOf(deps, () =>
        setAccess(ledger, tenantId, { personId, role, granted }, changeBy(actor, request)),
      ),
  };
}

/** API tokens. An event says that a token exists; only the database has its hash. */
export function createTokensPort(deps: TenancyDependencies): TokensPort {
  const { clock, primary } = deps;
  return {
    list: (tenantId) => listTokens(primary, tenantId, clock.now()),
    tenantOf: (tokenId) => tenantOfToken(primary, tokenId),
    async issue(actor, { tenantId, capabilities, lifetimeMs, ...request }) {
      const allowed: readonly string[] = TOKEN_CAPABILITIES;
      if (!capabilities.every((capability) => isCapability(capability) && allowed.includes(capability)))
        throw new TypeError('a token can’t have this capability');
      const now = clock.now();
      const { tokenId } = request;
      const named = readTokenName(request.name);
      if ('problem' in named) return { kind: 'refused', message: named.problem };
      const { name } = named;
      const token = newApiToken(tokenId);
      const grant = { tenantId, tokenId, token, name, capabilities, expiresAt: now + lifetimeMs };
      const createdBy = actor.kind === 'member' ? actor.personId : null;
      const issued = await outcomeOf(deps, () =>
        issueApiToken(deps, grant, { ...changeBy(actor, request), now, createdBy }),
      );
      if (issued.kind === 'refused') return issued;
      return { kind: 'issued', token, name, expiresAt: grant.expiresAt };
    },
    revoke: (actor, { tenantId, tokenId, ...request }) =>
      outcomeOf(deps, () =>
        revokeApiToken(deps, { tenantId, tokenId }, { ...changeBy(actor, request), now: clock.now() }),
      ),
  };
}

/** Waits until this process has applied the change, so that the next request already sees it. */
async function outcomeOf(
  { directory }: TenancyDependencies,
  change: () => Promise<number>,
): Promise<ChangeOutcome> {
  try {
    const position = await change();
    await directory.waitFor(position, DIRECTORY_WAIT_MS);
    return { kind: 'changed', position };
  } catch (error) {
    if (error instanceof TenantRefusal) return { kind: 'refused', message: error.message };
    throw error;
  }
}

const changeBy = (actor: WebActor, { correlationId }: Pick<TenantRequest, 'correlationId'>) => ({
  actor: actorOf(initiatorOf(actor)),
  correlationId,
});
