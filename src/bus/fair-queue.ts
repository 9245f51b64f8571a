/**
 * Decides which waiting command begins next. Tenants take turns. Limits apply to the process, to each tenant and to
 * each operation type. Pure: no clock, no chance, no I/O. The cost of a call grows with the number of operation
 * types (a dozen), not with the number of tenants or of waiting commands. One exception: a tenant that returns with
 * its old turn is inserted into the ring by walking past the tenants that have waited longer.
 */
import assert from 'node:assert/strict';
import type { ConsumeLimits } from './command-bus.js';
import { createLinkedList, type LinkedList, type ListNode } from './linked-list.js';

/** The number of tenants without waiting commands whose turn is remembered. */
const REMEMBERED_TENANTS_MAX = 10_000;

/** A command's place in the queue, from `add` to `finish` or `withdraw`. */
export interface Ticket<T> {
  readonly tenantId: string;
  readonly type: string;
  readonly item: T;
}

export interface FairQueue<T> {
  add(tenantId: string, type: string, item: T): Ticket<T>;
  /**
   * Removes a waiting command that has not begun; false when it has begun or is gone already. Its tenant keeps its
   * turn, so that a tenant whose commands are withdrawn and added repeatedly isn't always overtaken.
   */
  withdraw(ticket: Ticket<T>): boolean;
  /** Begins the next command that the limits allow, or returns undefined. The command uses a slot until `finish`. */
  take(): Ticket<T> | undefined;
  /** Frees the slot of a command that was begun. Must be called once for each ticket taken. */
  finish(ticket: Ticket<T>): void;
  /** Whether the limits of the process and of this type allow another command to begin. */
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
  /** Tenants that have commands of this type and are below their own limit, in the order of their last turns. */
  readonly ring: LinkedList<Lane<T>>;
}

/** The waiting commands of one tenant and one type, oldest first. */
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
  /** The turn number that the tenant got last; the tenant with the smallest number is next. */
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
  /** The last turns of tenants that left because their commands were withdrawn, in the order in which they left. */
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
    if (remembered.size <= REMEMBERED_TENANTS_MAX) return;
    for (const longestAbsent of remembered.keys()) {
      remembered.delete(longestAbsent);
      return;
    }
  }

  /** Inserts a lane into its ring in the order of last turns, unless its tenant is at its limit. */
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

  /** Moves a tenant to the end of all its rings, or out of them while it is at its limit. */
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
