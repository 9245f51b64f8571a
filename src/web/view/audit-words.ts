import type { EventRegistry } from '../../ledger/event-registry.js';
import type { AuditRow } from '../hub/audit-list.js';

/** Words for acts whose event names don't read well. */
const ACTS: Readonly<Record<string, string>> = {
  RunQueued: 'Started an operation',
  RunAsked: 'Asked for an operation that was active',
  RunCompleted: 'Operation ended',
  RunFailed: 'Operation ended',
  RunAborted: 'Operation ended',
  RunStarted: 'Claimed an operation',
  RunItemsRecorded: 'Reported items',
  RunTotalSet: 'Reported the number of items',
  RunProgressNoted: 'Reported progress',
  EffectSettled: 'Change in the tenant',
  FindingAcknowledged: 'Acknowledged a finding',
  FindingReopened: 'Reopened a finding',
  BackupSetCreated: 'Made a backup set',
  BackupSetRenamed: 'Renamed a backup set',
  BackupSetExpired: 'Expired a backup set',
  BackupSetUsedByOtherTenant: 'Used a backup set in another tenant',
  BackupSetRestoredToOtherTenant: 'Restore to another tenant ended',
  GroupMappingSet: 'Mapped groups, filters and tags',
  TenantRegistered: 'Registered the tenant',
  MemberAdded: 'Added a member',
  MemberRoleChanged: 'Changed a member’s role',
  MemberRemoved: 'Removed a member',
  AccessGranted: 'Granted access',
  AccessRevoked: 'Revoked access',
  GraphConnectionSet: 'Connected the tenant to Microsoft Graph',
  GraphConnectionRemoved: 'Disconnected the tenant from Microsoft Graph',
  ApiTokenIssued: 'Created an API token',
  ApiTokenRevoked: 'Revoked an API token',
  ScheduleSet: 'Made or changed a schedule',
  SchedulePaused: 'Paused a schedule',
  ScheduleResumed: 'Resumed a schedule',
  ScheduleRemoved: 'Removed a schedule',
  NotificationRead: 'Marked notifications read',
  SettingsChanged: 'Changed own settings',
  ExportDownloaded: 'Downloaded an export',
  DirectorySearched: 'Searched groups in Entra',
  HistoryAccepted: 'Took the event log as it is',
};

/** What was done, in words. For an unknown event, its name as words. */
export const actWords = (act: string): string =>
  ACTS[act] ??
  act
    .replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^./, (letter) => letter.toUpperCase());

/** Details besides who, what and when: a role, a note, a type. For any other act, the words of its event. */
export function detailWords(
  events: EventRegistry,
  row: Pick<AuditRow, 'act' | 'details' | 'schema_version'>,
): string {
  const { act, details } = row;
  const word = (field: string) => (typeof details[field] === 'string' ? details[field] : '');
  if (act === 'RunQueued' || act === 'RunAsked') return word('type');
  if (act === 'MemberRoleChanged') return `${word('roleBefore')} → ${word('role')}`;
  if (act === 'MemberAdded' || act.startsWith('Access')) return word('role');
  if (act.startsWith('Finding')) return word('note') === '' ? '' : `“${word('note')}”`;
  if (act === 'ExportDownloaded')
    return [word('format'), word('subject')].filter((part) => part !== '').join(', ');
  if (act.startsWith('Member') || act.startsWith('ApiToken') || 'characters' in details) return '';
  return events.inWords({ type: act, data: details, schemaVersion: row.schema_version });
}
