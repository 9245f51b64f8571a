import { isDeepStrictEqual } from 'node:util';
import { v5 as uuidv5 } from 'uuid';
import { allows, type Capability } from '../access/capabilities.js';
import type { PlatformRole, TenantRole } from '../access/roles.js';
import { appendDecided } from '../ledger/append-decided.js';
import type { Actor } from '../ledger/envelope.js';
import type { DraftOf } from '../ledger/event-registry.js';
import type { Ledger, LedgerReader } from '../ledger/ledger.js';
import type { GraphSignIn } from './connection-events.js';
import type { tenantEntity } from './tenant-events.js';
import { tenantStream } from './tenant-events.js';
import { evolveTenant, NO_TENANT, rolesIn, type TenantState } from './tenant-state.js';

/** A change of a tenant is refused. The message is a sentence for the person who asked. */
export class TenantRefusal extends Error {
  override readonly name = 'TenantRefusal';
}

export interface TenantChange {
  readonly actor: Actor;
  readonly correlationId: string;
}

/**
 * The id of a tenant is derived from its short name and the ledger's id. Registering a name twice leads to the
 * same stream, so names are unique in the log.
 */
export const tenantIdOf = (ledgerId: string, slug: string): string => uuidv5(`tenant:${slug}`, ledgerId);

/** Registers a tenant with its first owner. Errors: TenantRefusal when the short name is taken. */
export async function registerTenant(
  ledger: Ledger,
  tenant: { ledgerId: string; slug: string; name: string; ownerId: string },
  change: TenantChange,
): Promise<{ tenantId: string; position: number }> {
  const tenantId = tenantIdOf(tenant.ledgerId, tenant.slug);
  const position = await changeTenant(ledger, tenantId, change, (state) => {
    if (state.registered)
      throw new TenantRefusal(`There is a tenant “${tenant.slug}” already; choose another short name.`);
    return [
      { type: 'TenantRegistered', data: { slug: tenant.slug, name: tenant.name } },
      { type: 'MemberAdded', data: { personId: tenant.ownerId, role: 'owner' } },
    ];
  });
  return { tenantId, position };
}

/**
 * Gives a person a role, as a new member or in place of their present role. `shownRole` is the role that the user was
 * shown (null for none); if it has changed meanwhile, the change is refused. Errors: TenantRefusal for that, and for
 * the last owner.
 */
export function setMemberRole(
  ledger: Ledger,
  tenantId: string,
  member: { personId: string; role: TenantRole; shownRole?: TenantRole | null },
  change: TenantChange,
): Promise<number> {
  const { personId, role, shownRole } = member;
  return changeTenant(ledger, tenantId, change, (state) => {
    const roleBefore = requireRegistered(state).members.get(personId);
    if (shownRole !== undefined && (roleBefore ?? null) !== shownRole) throw changedMeanwhile(roleBefore);
    if (roleBefore === role) return [];
    if (roleBefore === undefined) return [{ type: 'MemberAdded', data: { personId, role } }];
    if (roleBefore === 'owner') keepAnOwner(state, personId);
    return [{ type: 'MemberRoleChanged', data: { personId, role, roleBefore } }];
  });
}

function changedMeanwhile(role: TenantRole | undefined): TenantRefusal {
  return new TenantRefusal(
    role ? `This person is ${role} here already; look again.` : 'This person is not a member any more.',
  );
}

/** Ends a membership. Errors: TenantRefusal for the last owner. */
export function removeMember(
  ledger: Ledger,
  tenantId: string,
  personId: string,
  change: TenantChange,
): Promise<number> {
  return changeTenant(ledger, tenantId, change, (state) => {
    const role = requireRegistered(state).members.get(personId);
    if (role === undefined) return [];
    if (role === 'owner') keepAnOwner(state, personId);
    return [{ type: 'MemberRemoved', data: { personId } }];
  });
}

/** Grants or revokes a platform role. */
export function setAccess(
  ledger: Ledger,
  tenantId: string,
  access: { personId: string; role: PlatformRole; granted: boolean },
  change: TenantChange,
): Promise<number> {
  const { personId, role, granted } = access;
  return changeTenant(ledger, tenantId, change, (state) => {
    const has = requireRegistered(state).grants.get(personId)?.has(role) ?? false;
    if (has === granted) return [];
    return [{ type: granted ? 'AccessGranted' : 'AccessRevoked', data: { personId, role } }];
  });
}

/** Sets the address of the tenant's Graph and how to sign in to it. */
export function setGraphConnection(
  ledger: Ledger,
  tenantId: string,
  connection: { readonly baseUrl: string; readonly signIn: GraphSignIn | null },
  change: TenantChange,
): Promise<number> {
  const { baseUrl, signIn } = connection;
  return changeTenant(ledger, tenantId, change, (state) => {
    const { graphBaseUrl, graphSignIn } = requireRegistered(state);
    const isSame = graphBaseUrl === baseUrl && isDeepStrictEqual(graphSignIn, signIn);
    return isSame ? [] : [{ type: 'GraphConnectionSet', data: { baseUrl, signIn } }];
  });
}

/** Ends the tenant's connection to Graph. */
export function removeGraphConnection(
  ledger: Ledger,
  tenantId: string,
  change: TenantChange,
): Promise<number> {
  return changeTenant(ledger, tenantId, change, (state) =>
    requireRegistered(state).graphBaseUrl === null ? [] : [{ type: 'GraphConnectionRemoved', data: {} }],
  );
}

/** The state, if the tenant exists. Errors: TenantRefusal. */
export function requireRegistered(state: TenantState): TenantState {
  if (!state.registered) throw new TenantRefusal('There is no such tenant.');
  return state;
}

function keepAnOwner(state: TenantState, leaving: string): void {
  const others = [...state.members].some(([personId, role]) => role === 'owner' && personId !== leaving);
  if (!others) throw new TenantRefusal('This is the last owner; make somebody else an owner first.');
}

/** The present state of a tenant in the log, and the position of its last event; -1 without one. */
export async function readTenant(
  ledger: LedgerReader,
  tenantId: string,
): Promise<{ readonly state: TenantState; readonly position: number }> {
  let state = NO_TENANT;
  let position = -1;
  for await (const event of ledger.read(tenantStream(tenantId))) {
    state = evolveTenant(state, event);
    position = event.position;
  }
  return { state, position };
}

/**
 * Decides by the present state of the tenant in the log, and decides again when the tenant has changed meanwhile. A
 * member must have the capability in that same state. Resolves to the position of the change, or of the stream's last
 * event when there was nothing to change. Errors: TenantRefusal.
 */
export async function changeTenant(
  ledger: Ledger,
  tenantId: string,
  { actor, correlationId }: TenantChange,
  decide: (state: TenantState) => readonly DraftOf<(typeof tenantEntity)['events'][number]>[],
  capability: Capability = 'members.manage',
): Promise<number> {
  const stream = tenantStream(tenantId);
  const context = { tenantId, actor, correlationId, causationId: correlationId };
  let lastPosition = -1;
  async function read(): Promise<TenantState> {
    const { state, position } = await readTenant(ledger, tenantId);
    lastPosition = position;
    return state;
  }
  const changed = await appendDecided(ledger, stream, {
    read,
    decide(state) {
      if (actor.kind === 'member' && !allows(rolesIn(state, actor.id), capability))
        throw new TenantRefusal('Your role here has changed, and you can’t do this any more.');
      const events = decide(state);
      return events.length === 0 ? { answer: lastPosition } : { events, context };
    },
  });
  return 'answer' in changed ? changed.answer : changed.appended.position;
}
