import { ExportDownloaded } from '../audit/audit-events.js';
import { createEventRegistry, type DraftOf, type RecordedOf } from '../ledger/event-registry.js';
import { LedgerCreated } from '../ledger/ledger-events.js';
import {
  FindingAcknowledged,
  FindingReopened,
  FindingsDetected,
} from '../operations/drift-generate/drift-events.js';
import { InventoryItemsObserved } from '../operations/inventory-sync/inventory-events.js';
import { LIFECYCLE_EVENTS, RunAsked } from '../runs/run-events.js';
import { MEMBER_EVENTS } from '../tenancy/member-events.js';
import { TENANT_EVENTS } from '../tenancy/tenant-events.js';

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

/** Every event type of the product. */
export const productEvents = createEventRegistry(DEFINITIONS);

/** An event of the product, to be appended. */
export type ProductDraft = DraftOf<(typeof DEFINITIONS)[number]>;
/** An event of the product, as read. */
export type ProductEvent = RecordedOf<(typeof DEFINITIONS)[number]>;
