import type { Logger } from 'pino';
import type { Role } from '../access/roles.js';
import type { Chance, Clock } from '../clock.js';
import type { RawEvent } from '../ledger/event-log.js';
import { isEvent } from '../ledger/event-registry.js';
import type { Ledger } from '../ledger/ledger.js';
import { LogFollower } from '../ledger/log-follower.js';
import { parseStream } from '../ledger/streams.js';
import type { GraphSignIn } from './connection-events.js';
import { tenantEntity } from './tenant-events.js';
import { evolveTenant, type IssuedToken, NO_TENANT, rolesIn, type TenantState } from './tenant-state.js';

export interface Tenant {
  readonly tenantId: string;
  readonly slug: string;
  readonly name: string;
  readonly graphBaseUrl: string | null;
  readonly graphSignIn: GraphSignIn | null;
  /**
   * True when this program can't read one of the tenant's events. Then it doesn't know who may do what, and refuses
   * everybody.
   */
  readonly closed: boolean;
}

/**
 * Who may do what, in memory and updated from the log, without a read model. Every process that authorises
 * requests has one. A change of membership takes effect here as soon as its event arrives.
 */
export class TenantDirectory {
  readonly #tenants = new Map<string, TenantState>();
  readonly #bySlug = new Map<string, string>();
  readonly #byPerson = new Map<string, Set<string>>();
  /** Tenants with an event that this program can't read; their later events aren't applied. */
  readonly #closed = new Set<string>();
  readonly #waiting = new Set<() => void>();
  readonly #follower: LogFollower;
  #interrupted: string | undefined;

  constructor(
    private readonly deps: {
      readonly ledger: Ledger;
      readonly clock: Clock;
      readonly chance: Chance;
      readonly logger: Logger;
    },
  ) {
    const { ledger, clock, chance, logger } = deps;
    this.#follower = new LogFollower({
      log: ledger.log,
      clock,
      chance,
      streamPrefixes: ['tenant-'],
      take: (event) => this.#take(event),
      onInterrupted: (error, retryInMs) => {
        this.#interrupted = 'the event store does not answer';
        logger.warn({ err: error, retryInMs }, 'the tenant directory lost the log; it tries again');
      },
      onProgress: () => {
        this.#interrupted = undefined;
        for (const wake of this.#waiting) wake();
      },
    });
  }

  /** Resolves when all present events of the log have been applied, or when the directory was stopped before. */
  start(): Promise<void> {
    return this.#follower.start();
  }

  stop(): Promise<void> {
    return this.#follower.stop();
  }

  /** Why the directory may be stale, or undefined while it follows the log. */
  get trouble(): string | undefined {
    return this.#interrupted;
  }

  /** Resolves when the event at this position has been applied, or after the timeout. */
  async waitFor(position: number, timeoutMs: number): Promise<void> {
    const over = new AbortController();
    const expired = this.deps.clock.sleep(timeoutMs, over.signal).then(() => true);
    while (this.#follower.position < position) {
      let wake = () => {};
      const changed = new Promise<boolean>((resolve) => {
        wake = () => resolve(false);
        this.#waiting.add(wake);
      });
      const late = await Promise.race([changed, expired]);
      this.#waiting.delete(wake);
      if (late) return;
    }
    over.abort();
  }

  tenant(idOrSlug: string): Tenant | undefined {
    const tenantId = this.#bySlug.get(idOrSlug) ?? idOrSlug;
    const state = this.#tenants.get(tenantId);
    if (!state?.registered) return undefined;
    const { graphBaseUrl, graphSignIn, registered } = state;
    return { tenantId, ...registered, graphBaseUrl, graphSignIn, closed: this.#closed.has(tenantId) };
  }

  /** Every tenant, by name. */
  all(): readonly Tenant[] {
    return [...this.#tenants.keys()].flatMap((id) => this.tenant(id) ?? []).sort(byName);
  }

  rolesOf(personId: string, tenantId: string): readonly Role[] {
    const state = this.#tenants.get(tenantId);
    return state && !this.#closed.has(tenantId) ? rolesIn(state, personId) : [];
  }

  /** The tenants in which a person has a role, by name. */
  tenantsOf(personId: string): readonly (Tenant & { readonly roles: readonly Role[] })[] {
    return [...(this.#byPerson.get(personId) ?? [])]
      .flatMap((tenantId) => {
        const tenant = this.tenant(tenantId);
        const roles = this.rolesOf(personId, tenantId);
        return tenant && roles.length > 0 ? { ...tenant, roles } : [];
      })
      .sort(byName);
  }

  /** An API token of a tenant that was issued and not revoked; the caller checks its expiry. */
  tokenOf(tenantId: string, tokenId: string): IssuedToken | undefined {
    return this.#tenants.get(tenantId)?.tokens.get(tokenId);
  }

  /** Everybody with a role in a tenant, one entry for each role. */
  peopleOf(tenantId: string): readonly { readonly personId: string; readonly role: Role }[] {
    const state = this.#tenants.get(tenantId);
    if (!state) return [];
    const personIds = new Set([...state.members.keys(), ...state.grants.keys()]);
    return [...personIds].flatMap((personId) => rolesIn(state, personId).map((role) => ({ personId, role })));
  }

  #take(raw: RawEvent): void {
    const tenantId = parseStream(raw.stream)?.id;
    if (!tenantId || this.#closed.has(tenantId)) return;
    try {
      const event = this.deps.ledger.events.decode(raw);
      const state = evolveTenant(this.#tenants.get(tenantId) ?? NO_TENANT, event);
      this.#tenants.set(tenantId, state);
      if (state.registered) this.#bySlug.set(state.registered.slug, tenantId);
      if (isEvent(event, ...tenantEntity.events) && 'personId' in event.data)
        this.#note(event.data.personId, tenantId);
    } catch (error) {
      // The event may have revoked a role, so everybody is refused from now on.
      this.#closed.add(tenantId);
      this.deps.logger.error(
        { err: error, tenantId },
        'a tenant’s event can’t be read; nobody can open that tenant until the program is updated',
      );
    }
  }

  #note(personId: string, tenantId: string): void {
    const tenants = this.#byPerson.get(personId) ?? new Set();
    this.#byPerson.set(personId, tenants.add(tenantId));
  }
}

const byName = (a: Tenant, b: Tenant): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
