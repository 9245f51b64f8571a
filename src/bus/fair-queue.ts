/**
 * Decides which waiting command begins next. Tenants take turns; limits hold for the process, for each tenant
 * and for each operation type. Pure: no clock, no chance, no I/O. An operation's time grows with the number of
 * operation types (a dozen), not with the number of tenants or of waiting commands. One exception: a tenant that
 * enters a ring in the middle, having waited before, walks past those who have waited longer.
 */
import assert from 'node:assert/strict';
import type { ConsumeLimits } from './command-bus.js';
import { createLinkedList, type LinkedList, type ListNode } from './linked-list.js';

/** How many tenants keep their turn after their last waiting command was withdrawn. */
const rememberedTenantsMax = 10_000;

/** One command's place in the queue, from `add` to `finish` or `withdraw`. */
export interface Ticket<T> {
  readonly tenantId: string;
  readonly type: string;
  readonly item: T;
}

export interface FairQueue<T> {
  add(tenantId: string, type: string, item: T): Ticket<T>;
  /**
   * Takes a waiting command out without having begun it; false when it has begun or gone already. Its tenant
   * keeps its turn, so that who is withdrawn and added again and again isn't overtaken for ever.
   */
  withdraw(ticket: Ticket<T>): boolean;
  /** Begins the next command that the limits allow, or nothing. It occupies a slot until `finish`. */
  take(): Ticket<T> | undefined;
  /** Gives a begun command's slot back. Once for each ticket taken. */
  finish(ticket: Ticket<T>): void;
  /** Whether the limits of the process and of this type let another command begin. */
  hasSlot(type: string): boolean;
  waiting(): number;
  waitingOfType(type: string): number;
  waitingOf(tenantId: string, type: string): number;
  inHand(): number;
}

interface Place<T> extends Ticket<T> {
  readonly lane: Lane<T>;
  node: ListNode<Place<T>> | undefined;
  state: 'waiting' | 'in-hand' | 'gone';
}

interface TypeState<T> {
  readonly limit: number;
  inHand: number;
  waiting: number;
  /** Tenants that wait for this type and are below their own limit, the one served longest ago first. */
  readonly ring: LinkedList<Lane<T>>;
}

/** What one tenant has waiting of one type, oldest first. */
interface Lane<T> {
  readonly tenant: TenantState<T>;
  readonly type: string;
  readonly typeState: TypeState<T>;
  readonly places: LinkedList<Place<T>>;
  ringNode: ListNode<Lane<T>> | undefined;
}

interface TenantState<T> {
  readonly id: string;
  inHand: number;
  /** When its turn came last, counted in turns; the smallest goes first. */
  lastTurn: number;
  readonly lanes: Map<string, Lane<T>>;
}

/** Makes an empty queue. Errors: AssertionError for a limit that isn't a whole number of at least 1. */
export function createFairQueue<T>(limits: ConsumeLimits): FairQueue<T> {
  for (const limit of [limits.total, limits.perTenant, ...Object.values(limits.perType)]) {
    assert(Number.isSafeInteger(limit) && limit >= 1, 'a limit is a whole number of at least 1');
  }
  const tenants = new Map<string, TenantState<T>>();
  const types = new Map<string, TypeState<T>>();
  /** The last turns of tenants that were withdrawn altogether, the longest absent first. */
  const remembered = new Map<string, number>();
  let turns = 0;
  let waiting = 0;
  let inHand = 0;

  function typeStateOf(type: string): TypeState<T> {
    let state = types.get(type);
    if (state === undefined) {
      const own = Object.hasOwn(limits.perType, type) ? limits.perType[type] : undefined;
      state = { limit: own ?? limits.total, inHand: 0, waiting: 0, ring: createLinkedList() };
      types.set(type, state);
    }
    return state;
  }

  function recallTurn(tenantId: string): number {
    const turn = remembered.get(tenantId);
    remembered.delete(tenantId);
    if (turn !== undefined) return turn;
    turns += 1;
    return turns;
  }

  function rememberTurn(tenant: TenantState<T>): void {
    remembered.set(tenant.id, tenant.lastTurn);
    if (remembered.size <= rememberedTenantsMax) return;
    for (const longestAbsent of remembered.keys()) {
      remembered.delete(longestAbsent);
      return;
    }
  }

  /** Keeps the ring in the order of last turns. A tenant at its limit stays outside. */
  function enterRing(lane: Lane<T>): void {
    const { tenant } = lane;
    const { ring } = lane.typeState;
    if (tenant.inHand >= limits.perTenant) return;
    const last = ring.last();
    const isLatest = last === undefined || last.tenant.lastTurn <= tenant.lastTurn;
    lane.ringNode = isLatest
      ? ring.append(lane)
      : ring.insertBefore((other) => other.tenant.lastTurn > tenant.lastTurn, lane);
  }

  function laneOf(tenantId: string, type: string): Lane<T> {
    let tenant = tenants.get(tenantId);
    if (tenant === undefined) {
      tenant = { id: tenantId, inHand: 0, lastTurn: recallTurn(tenantId), lanes: new Map() };
      tenants.set(tenantId, tenant);
    }
    let lane = tenant.lanes.get(type);
    if (lane === undefined) {
      const typeState = typeStateOf(type);
      lane = { tenant, type, typeState, places: createLinkedList(), ringNode: undefined };
      tenant.lanes.set(type, lane);
      enterRing(lane);
    }
    return lane;
  }

  function leaveRing(lane: Lane<T>): void {
    if (lane.ringNode !== undefined) lane.typeState.ring.remove(lane.ringNode);
    lane.ringNode = undefined;
  }

  /** Puts a tenant at the end of every ring it belongs in, or in none while it is at its limit. */
  function queueUp(tenant: TenantState<T>): void {
    turns += 1;
    tenant.lastTurn = turns;
    for (const lane of tenant.lanes.values()) {
      leaveRing(lane);
      enterRing(lane);
    }
  }

  function takeOut(place: Place<T>): void {
    const { lane } = place;
    if (place.node !== undefined) lane.places.remove(place.node);
    place.node = undefined;
    waiting -= 1;
    lane.typeState.waiting -= 1;
    if (lane.places.size() > 0) return;
    leaveRing(lane);
    lane.tenant.lanes.delete(lane.type);
    forgetIfIdle(lane.tenant);
  }

  function forgetIfIdle(tenant: TenantState<T>): void {
    if (tenant.lanes.size === 0 && tenant.inHand === 0) tenants.delete(tenant.id);
  }

  function nextLane(): Lane<T> | undefined {
    let next: Lane<T> | undefined;
    for (const type of types.values()) {
      if (type.inHand >= type.limit) continue;
      const lane = type.ring.first();
      if (lane === undefined) continue;
      if (next === undefined || lane.tenant.lastTurn < next.tenant.lastTurn) next = lane;
    }
    return next;
  }

  return {
    add(tenantId, type, item) {
      const lane = laneOf(tenantId, type);
      const place: Place<T> = { tenantId, type, item, lane, node: undefined, state: 'waiting' };
      place.node = lane.places.append(place);
      lane.typeState.waiting += 1;
      waiting += 1;
      return place;
    },
    withdraw(ticket) {
      const place = ticket as Place<T>;
      if (place.state !== 'waiting') return false;
      const { tenant } = place.lane;
      place.state = 'gone';
      takeOut(place);
      if (!tenants.has(tenant.id)) rememberTurn(tenant);
      return true;
    },
    take() {
      if (inHand >= limits.total) return undefined;
      const lane = nextLane();
      const place = lane?.places.first();
      if (lane === undefined || place === undefined) return undefined;
      place.state = 'in-hand';
      inHand += 1;
      lane.tenant.inHand += 1;
      lane.typeState.inHand += 1;
      takeOut(place);
      queueUp(lane.tenant);
      return place;
    },
    finish(ticket) {
      const place = ticket as Place<T>;
      assert(place.state === 'in-hand', 'only a command in hand can be finished');
      place.state = 'gone';
      const { tenant, typeState } = place.lane;
      inHand -= 1;
      typeState.inHand -= 1;
      tenant.inHand -= 1;
      queueUp(tenant);
      forgetIfIdle(tenant);
    },
    hasSlot(type) {
      const { inHand: ofType, limit } = typeStateOf(type);
      return inHand < limits.total && ofType < limit;
    },
    waiting: () => waiting,
    waitingOfType: (type) => types.get(type)?.waiting ?? 0,
    waitingOf: (tenantId, type) => tenants.get(tenantId)?.lanes.get(type)?.places.size() ?? 0,
    inHand: () => inHand,
  };
}
