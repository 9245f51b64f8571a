import { z } from 'zod';
import { ExportDownloaded } from './audit/audit-events.js';
import { createEventRegistry, type DraftOf, defineEvent, type RecordedOf } from './ledger/event-registry.js';
import {
  FindingAcknowledged,
  FindingReopened,
  FindingsDetected,
} from './operations/drift-generate/drift-events.js';
import { InventoryItemsObserved } from './operations/inventory-sync/inventory-events.js';
import { LIFECYCLE_EVENTS, RunAsked } from './runs/run-events.js';
import { MEMBER_EVENTS } from './tenancy/member-events.js';
import { TENANT_EVENTS } from './tenancy/tenant-events.js';

/** The first event of all; checkpoints and artifacts carry its id. */
export const LedgerCreated = defineEvent({
  type: 'LedgerCreated',
  category: 'ledger',
  data: z.strictObject({ ledgerId: z.guid() }),
});

const DEFINITIONS = [
  LedgerCreated,
  ...LIFECYCLE_EVENTS,
  RunAsked,
  InventoryItemsObserved,
  FindingsDetected,
  FindingAcknowledged,
  FindingReopened,
  ...TENANT_EVENTS,
  ...MEMBER_EVENTS,
  ExportDownloaded,
] as const;

/** Every event type of the ledger, in one place; an operation type that brings its own adds it here. */
export const eventRegistry = createEventRegistry<(typeof DEFINITIONS)[number]>(DEFINITIONS);

export type EventDraft = DraftOf<(typeof DEFINITIONS)[number]>;
export type LedgerEvent = RecordedOf<(typeof DEFINITIONS)[number]>;
