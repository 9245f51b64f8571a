import type { AnyModel, TablesOf } from '../engine/model.js';
import type { EngineTables } from '../engine/projection.js';
import { auditEntries } from './models/audit-entries.js';
import { backupSetItems, backupSets } from './models/backup-sets.js';
import { connectionChecks, connections } from './models/connection-check.js';
import { directoryObjects, directorySections } from './models/directory.js';
import { driftComparisons, findingDetections, findings } from './models/drift-generate.js';
import { exports } from './models/exports.js';
import { failureGroups } from './models/failure-groups.js';
import { failureHours } from './models/failure-hours.js';
import { failureRuns } from './models/failure-runs.js';
import { failures } from './models/failures.js';
import { inventories, inventoryScopes, inventoryTallies } from './models/inventory-sync.js';
import { mappingChoices, mappings } from './models/mapping-choices.js';
import { notificationMarks, notifications } from './models/notifications.js';
import { personSettings } from './models/person-settings.js';
import { policies } from './models/policies.js';
import { policyFacets, policySettings, settingTerms } from './models/policy-facets.js';
import { policyTerms } from './models/policy-terms.js';
import { policyTypeReadings } from './models/policy-type-readings.js';
import { policySnapshots, policyVersions } from './models/policy-versions.js';
import { restoredPolicies, runEffects } from './models/restore-execute.js';
import { restorePlans, restorePreviews } from './models/restore-preview.js';
import { runAsks } from './models/run-asks.js';
import { runCounters } from './models/run-counters.js';
import { runEvents } from './models/run-events.js';
import { runInitiators } from './models/run-initiators.js';
import { runItemReasons } from './models/run-item-reasons.js';
import { runItemRepeats } from './models/run-item-repeats.js';
import { runItems } from './models/run-items.js';
import { runLinks } from './models/run-links.js';
import { runOutcomes } from './models/run-outcomes.js';
import { runTerms } from './models/run-terms.js';
import { runs } from './models/runs.js';
import { defaultViews, savedViews } from './models/saved-views.js';
import { schedules, scheduleTimes } from './models/schedules.js';
import { grants, memberSettings, members, tenants } from './models/tenants.js';

/**
 * Every read model of the hub, in the order in which they fold an event. A model that reads the rows of another after
 * the same event comes after it.
 */
export const HUB_MODELS = [
  tenants,
  members,
  grants,
  memberSettings,
  personSettings,
  savedViews,
  defaultViews,
  runItems,
  runItemReasons,
  runItemRepeats,
  runs,
  runEvents,
  runLinks,
  runAsks,
  runCounters,
  runTerms,
  runInitiators,
  runOutcomes,
  failures,
  failureRuns,
  failureGroups,
  failureHours,
  notifications,
  notificationMarks,
  findingDetections,
  findings,
  driftComparisons,
  inventoryTallies,
  inventories,
  inventoryScopes,
  restorePreviews,
  restorePlans,
  restoredPolicies,
  runEffects,
  mappingChoices,
  mappings,
  policies,
  policyVersions,
  policySnapshots,
  policyTerms,
  policyFacets,
  policySettings,
  settingTerms,
  policyTypeReadings,
  auditEntries,
  connections,
  connectionChecks,
  backupSetItems,
  backupSets,
  schedules,
  scheduleTimes,
  exports,
  directoryObjects,
  directorySections,
] as const satisfies readonly AnyModel[];

/**
 * The tables that pages read. Every table but the engine's has a tenant and is behind row level security. Times are
 * milliseconds since 1970 (UTC), positions are the log's commit positions.
 */
export type HubTables = TablesOf<typeof HUB_MODELS> & EngineTables;
