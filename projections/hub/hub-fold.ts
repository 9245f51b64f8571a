import type { LedgerEvent } from '../../src/events.js';
import { isRunEvent, runOf, subjectOf, tenantOf } from './event-facts.js';
import type { HubRows } from './hub-rows.js';
import { foldFailures } from './models/failures.js';
import { foldDetections, foldFindingStatus } from './models/findings.js';
import { foldInventoryEnd, foldObserved } from './models/inventories.js';
import { foldKnownIds } from './models/known-ids.js';
import { ALL_NOTIFICATIONS, foldNotifications, foldRead } from './models/notifications.js';
import { foldRunAsk } from './models/run-asks.js';
import { foldCounters } from './models/run-counters.js';
import { foldRunEvent } from './models/run-events.js';
import { foldRunItems } from './models/run-items.js';
import { foldRunLinks } from './models/run-links.js';
import { foldRun } from './models/runs.js';
import { foldTenancy } from './models/tenancy.js';

/** Asks for the rows that folding a batch will look at. What the batch itself opens isn't in the database yet. */
export function wantHubRows(events: readonly LedgerEvent[], rows: HubRows): void {
  const opened = new Set<string>();
  for (const event of events) {
    if (event.type === 'RunQueued') opened.add(runOf(event).run_id);
    else if (isRunEvent(event)) {
      if (!opened.has(runOf(event).run_id)) wantOfRun(event, rows);
      if (event.type === 'FindingsDetected')
        for (const { fingerprint } of event.data.findings)
          rows.findings.want({ tenant_id: tenantOf(event), fingerprint });
    } else wantOfOthers(event, rows);
  }
}

function wantOfRun(event: LedgerEvent, rows: HubRows): void {
  const run = runOf(event);
  rows.runs.want(run);
  switch (event.type) {
    case 'RunItemsRecorded':
      for (const { itemId } of event.data.items) rows.run_items.want({ ...run, item_id: itemId });
      break;
    case 'InventoryItemsObserved':
      rows.inventory_tallies.want(run);
      for (const { itemId } of event.data.policies) rows.inventory_policies.want({ ...run, item_id: itemId });
      break;
    case 'FindingsDetected':
      for (const { fingerprint } of event.data.findings)
        rows.finding_detections.want({ ...run, fingerprint });
      break;
    case 'RunCompleted':
    case 'RunFailed':
    case 'RunAborted':
      rows.inventory_tallies.want(run);
      break;
    default:
  }
}

function wantOfOthers(event: LedgerEvent, rows: HubRows): void {
  switch (event.type) {
    case 'GraphConnectionSet':
      rows.tenants.want({ tenant_id: tenantOf(event) });
      break;
    case 'MemberAdded':
    case 'MemberRoleChanged':
      rows.members.want({ tenant_id: tenantOf(event), person_id: event.data.personId });
      break;
    case 'AccessGranted': {
      const { personId: person_id, role } = event.data;
      rows.grants.want({ tenant_id: tenantOf(event), person_id, role });
      break;
    }
    case 'FindingAcknowledged':
    case 'FindingReopened':
      rows.findings.want({ tenant_id: tenantOf(event), fingerprint: subjectOf(event) });
      break;
    case 'NotificationRead': {
      const person = { tenant_id: tenantOf(event), person_id: subjectOf(event) };
      for (const notification_id of event.data.notificationIds)
        if (notification_id !== ALL_NOTIFICATIONS) rows.notifications.want({ ...person, notification_id });
      break;
    }
    default:
  }
}

/** Folds one event into the rows. Pure but for the row sets it is given. */
export function foldHub(event: LedgerEvent, rows: HubRows): void {
  if (isRunEvent(event)) {
    foldOperation(event, rows);
    return;
  }
  switch (event.type) {
    case 'RunAsked':
      foldRunAsk(event, rows.run_asks);
      break;
    case 'FindingAcknowledged':
    case 'FindingReopened':
      foldFindingStatus(event, rows.findings);
      break;
    case 'NotificationRead':
      rows.allRead.push(...foldRead(event, rows.notifications));
      break;
    default:
      foldTenancy(event, rows);
  }
}

function foldOperation(event: LedgerEvent, rows: HubRows): void {
  const before = rows.runs.get(runOf(event));
  const fresh =
    before && event.type === 'RunItemsRecorded' ? foldRunItems(event, before, rows.run_items) : [];
  const after = foldRun(before, event, fresh);
  if (!after) return;
  rows.runs.put(after);
  foldRunEvent(event, rows.run_events);
  foldKnownIds(event, rows.known_ids);
  foldRunLinks(event, rows.run_links);
  foldCounters(before, after, rows.run_counters);
  foldFailures(event, after, fresh, rows);
  foldNotifications(event, after, rows.notifications);
  if (event.type === 'FindingsDetected') foldDetections(event, rows);
  if (event.type === 'InventoryItemsObserved') foldObserved(event, rows);
  foldInventoryEnd(event, after, rows);
}
