import { AUDIT_EVENTS } from '../audit/audit-events.js';
import {
  type AnyEventDefinition,
  createEventRegistry,
  type DraftOf,
  type EventRegistry,
  type RecordedOf,
} from '../ledger/event-registry.js';
import { LedgerCreated } from '../ledger/ledger-events.js';
import type { OperationType } from '../operations/operation-type.js';
import { OPERATIONS } from '../operations/registry.js';
import { LIFECYCLE_EVENTS, RunAsked } from '../runs/run-events.js';
import { MEMBER_EVENTS } from '../tenancy/member-events.js';
import { PERSON_EVENTS } from '../tenancy/person-events.js';
import { TENANT_EVENTS } from '../tenancy/tenant-events.js';

/** The events that there are whatever the operation types. */
const CORE_EVENTS = [
  LedgerCreated,
  ...LIFECYCLE_EVENTS,
  RunAsked,
  ...TENANT_EVENTS,
  ...MEMBER_EVENTS,
  ...PERSON_EVENTS,
  ...AUDIT_EVENTS,
] as const;

type Definition =
  | (typeof CORE_EVENTS)[number]
  | (typeof OPERATIONS)[number]['events' | 'streamEvents'][number];

/** The event types of a program with these operation types. Throws a TypeError on two definitions of one type. */
export function eventsWith(operations: Iterable<OperationType>): EventRegistry {
  const declared = [...operations].flatMap(({ events, streamEvents }) => [...events, ...streamEvents]);
  // Several types may record the same event.
  return createEventRegistry([...new Set<AnyEventDefinition>([...CORE_EVENTS, ...declared])]);
}

/** Every event type of the product. */
export const productEvents = eventsWith(OPERATIONS);

/** An event of the product, to be appended. */
export type ProductDraft = DraftOf<Definition>;
/** An event of the product, as read. */
export type ProductEvent = RecordedOf<Definition>;
