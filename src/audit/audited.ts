import type { Actor } from '../ledger/envelope.js';

/** Components of the program that act for whoever typed the command. */
const TYPED_BY_SOMEBODY: readonly string[] = ['cli', 'demo'];

/** Ends of runs: the result of whoever asked for the run, written by whoever carried it out. */
const RUN_ENDS: readonly string[] = ['RunCompleted', 'RunFailed', 'RunAborted'];

/** Changes in the tenant itself, which live restores make: audited item by item. */
const EFFECTS: readonly string[] = ['EffectSettled'];

/**
 * Whether an event is an act that somebody answers for (A1): everything that a person, an API client, a schedule or the
 * command line appended, every change in the tenant itself, and how each run ended. A new event type is audited by this rule
 * without being named here.
 */
export function isAudited(event: { readonly type: string; readonly actor: Actor }): boolean {
  const { type, actor } = event;
  if (RUN_ENDS.includes(type) || EFFECTS.includes(type)) return true;
  return actor.kind === 'system' ? TYPED_BY_SOMEBODY.includes(actor.id) : actor.kind !== 'worker';
}

/** What acts are about: the categories of streams that they are recorded in. */
export const AUDIT_AREAS = {
  operation: 'Operations',
  finding: 'Findings',
  tenant: 'Tenant, members and tokens',
  member: 'Own settings and read marks',
  audit: 'Downloads',
  other: 'Other',
} as const;
export type AuditArea = keyof typeof AUDIT_AREAS;

/** The area of a stream's category. */
export function auditAreaOf(category: string): AuditArea {
  if (category === 'ask') return 'operation';
  return Object.hasOwn(AUDIT_AREAS, category) ? (category as AuditArea) : 'other';
}
