import { auditEntity } from '../audit/audit-events.js';
import type { AnyEntity } from '../ledger/define-entity.js';
import { ledgerEntity } from '../ledger/ledger-events.js';
import { askEntity, operationEntity } from '../runs/run-events.js';
import { memberEntity } from '../tenancy/member-events.js';
import { personEntity } from '../tenancy/person-events.js';
import { tenantEntity } from '../tenancy/tenant-events.js';
import {
  backupSetEntity,
  createBackupSet,
  expireBackupSet,
  renameBackupSet,
} from './backup-set/backup-set.js';
import { setUsesEntity } from './backup-set/set-uses.js';
import { directoryEntity } from './directory/directory.js';
import { exportEntity } from './export/export.js';
import { acknowledgeFinding, findingEntity, reopenFinding } from './finding/finding.js';
import { mappingEntity, setMapping } from './mapping/mapping.js';
import { policyEntity } from './policy/policy.js';
import { dueTimesEntity } from './schedule/due-times.js';
import { pauseSchedule, removeSchedule, resumeSchedule, scheduleEntity } from './schedule/schedule.js';

/** Every kind of thing that has its own streams, with its commands; a new one is added here. */
export const ENTITIES = [
  ledgerEntity,
  operationEntity,
  askEntity,
  { ...findingEntity, commands: [acknowledgeFinding, reopenFinding] },
  directoryEntity,
  policyEntity,
  { ...backupSetEntity, commands: [createBackupSet, renameBackupSet, expireBackupSet] },
  { ...scheduleEntity, commands: [pauseSchedule, resumeSchedule, removeSchedule] },
  dueTimesEntity,
  setUsesEntity,
  { ...mappingEntity, commands: [setMapping] },
  exportEntity,
  tenantEntity,
  memberEntity,
  personEntity,
  auditEntity,
] as const satisfies readonly AnyEntity[];
