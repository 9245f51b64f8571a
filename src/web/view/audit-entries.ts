import type { EventRegistry } from '../../ledger/event-registry.js';
import { type AuditedRun, type AuditRow, changedItemOf } from '../hub/audit-list.js';
import { actWords, detailWords } from './audit-words.js';
import { type Names, whoIs } from './who.js';

/** The data for describing the entries of a page. */
export interface AuditFacts {
  /** Names of persons and of API tokens, by id. */
  readonly names: Names;
  readonly findings: ReadonlyMap<string, string>;
  /** Labels of the items that were changed in the tenant, by run and item. */
  readonly items: ReadonlyMap<string, string>;
  /** Names of the tenants that the reader belongs to, by id. */
  readonly tenants: ReadonlyMap<string, string>;
  /** The runs that the entries are about, by id. */
  readonly runs: ReadonlyMap<string, AuditedRun>;
  /** Every event type, to describe the event of an act. */
  readonly events: EventRegistry;
  /** The tenant's address. */
  readonly base: string;
  /** Whether the reader may open feature pages; an auditor may open runs alone. */
  readonly opensFeatures: boolean;
}

/** An audit entry for the page and its exports. */
export interface AuditEntry {
  readonly at: number;
  readonly position: number;
  readonly who: string;
  readonly whoId: string;
  readonly whoKind: string;
  readonly what: string;
  readonly subject: string;
  readonly subjectId: string | null;
  /** The number in lists of the run that was acted on. */
  readonly runNumber: number | null;
  /** The page of the thing that was acted on, if there is one that the reader may open. */
  readonly href: string | null;
  readonly detail: string;
  /** A run's bucket, or a word. */
  readonly result: string;
  readonly isBucket: boolean;
  readonly reasonCode: string | null;
}

const STARTS = ['RunQueued', 'RunAsked'];
const RUNS = /^Run[A-Z]/;
/** Acts on persons and on API tokens. */
const SUBJECTS_WITH_NAMES = /^(Member|Access|ApiToken)/;

/** Describes an entry in words. */
export function auditEntry(row: AuditRow, facts: AuditFacts): AuditEntry {
  const run = facts.runs.get(row.subject_id ?? '');
  const bucket = STARTS.includes(row.act) ? run?.bucket : undefined;
  const endedAs = RUNS.test(row.act) && row.result !== 'done' ? row.result : undefined;
  const subject = subjectOf(row, facts);
  const detail = withTenantName(detailWords(facts.events, withItemLabel(row, facts)), row, facts);
  return {
    at: row.at,
    position: row.position,
    who: whoIs(row.actor_kind, row.actor_id, facts.names),
    whoId: row.actor_id,
    whoKind: row.actor_kind,
    what: actWords(row.act),
    subject,
    subjectId: row.subject_id,
    runNumber: run?.number ?? null,
    href: hrefOf(row, facts),
    detail: besides(subject, detail),
    result: bucket ?? endedAs ?? row.result,
    isBucket: Boolean(bucket ?? endedAs),
    reasonCode: row.reason_code,
  };
}

/** A detail without the name of the subject, beside which it stands. */
function besides(subject: string, detail: string): string {
  if (detail === subject) return '';
  return subject !== '' && detail.startsWith(`${subject}: `) ? detail.slice(subject.length + 2) : detail;
}

function subjectOf({ area, act, subject, subject_id }: AuditRow, { names, findings }: AuditFacts): string {
  if (subject !== null) return subject;
  if (subject_id === null) return '';
  if (area === 'finding') return findings.get(subject_id) ?? subject_id;
  return (
    names.get(subject_id) ?? (act.startsWith('Member') || act.startsWith('Access') ? 'a former member' : '')
  );
}

/** A change in the tenant with the label of the item instead of its key, as soon as the item is recorded. */
function withItemLabel(row: AuditRow, { items }: AuditFacts): AuditRow {
  const [changed] = changedItemOf(row);
  const label = changed && items.get(`${changed.runId} ${changed.itemId}`);
  return label === undefined ? row : { ...row, details: { ...row.details, itemId: `“${label}”` } };
}

/** Details of an act that concerns another tenant, with that tenant’s name for who belongs there. */
function withTenantName(detail: string, { details }: AuditRow, { tenants }: AuditFacts): string {
  const { otherTenantId } = details;
  const name = typeof otherTenantId === 'string' ? tenants.get(otherTenantId) : undefined;
  return name === undefined ? detail : detail.replaceAll(String(otherTenantId), `“${name}”`);
}

function hrefOf({ area, subject_id }: AuditRow, { base, opensFeatures }: AuditFacts): string | null {
  if (subject_id === null) return null;
  if (area === 'operation') return `${base}/runs/${subject_id}`;
  if (!opensFeatures) return null;
  if (area === 'finding') return `${base}/drift/findings/${subject_id}`;
  if (area === 'backupset') return `${base}/backup-sets/${subject_id}`;
  if (area === 'schedule') return `${base}/schedules/${subject_id}`;
  return null;
}

/** The ids of the persons and tokens whose names these rows need. */
export const namedIn = (rows: readonly AuditRow[]): readonly string[] =>
  rows.flatMap(({ actor_id, act, subject_id }) => [
    actor_id,
    ...(SUBJECTS_WITH_NAMES.test(act) && subject_id !== null ? [subject_id] : []),
  ]);
