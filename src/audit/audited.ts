import type { Actor } from '../ledger/envelope.js';

/** Actors that act for the person who typed the command. */
const COMMAND_LINE_ACTORS: readonly string[] = ['cli', 'demo'];

/** Ends of runs. Workers write them, but they are results of what a person asked for. */
const RUN_ENDS: readonly string[] = ['RunCompleted', 'RunFailed', 'RunAborted'];

/** Changes in the tenant itself, which live restores make; each item's change is audited. */
const EFFECTS: readonly string[] = ['EffectSettled'];

/**
 * Whether an event is an act that somebody is responsible for (A1): everything that a person, an API client, a
 * schedule or the command line appended, every change in the tenant itself, and the end of every run. A new event
 * type follows the same rule without being named here.
 */
export function isAudited(event: { readonly type: string; readonly actor: Actor }): boolean {
  const { type, actor } = event;
  if (RUN_ENDS.includes(type) || EFFECTS.includes(type)) return true;
  return actor.kind === 'system' ? COMMAND_LINE_ACTORS.includes(actor.id) : actor.kind !== 'worker';
}

/** The areas of audit entries: the categories of the streams that record them. */
export const AUDIT_AREAS = {
  operation: 'Operations',
  finding: 'Findings',
  backupset: 'Backup sets',
  mapping: 'Maps of groups, filters and tags',
  tenant: 'Tenant, members and tokens',
  schedule: 'Schedules',
  member: 'Own settings and read marks',
  audit: 'Downloads and searches',
  other: 'Other',
} as const;
export type AuditArea = keyof typeof AUDIT_AREAS;

/** The area of a stream's category. */
export function auditAreaOf(category: string): AuditArea {
  if (category === 'ask') return 'operation';
  if (category === 'setuse') return 'backupset';
  return Object.hasOwn(AUDIT_AREAS, category) ? (category as AuditArea) : 'other';
}
