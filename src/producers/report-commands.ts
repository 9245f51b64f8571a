import type { ExternalOperation } from '../operations/define-external.js';
import type { Claim, OperationCommand } from '../runs/decider.js';
import { type ReasonKind, reasonCode } from '../runs/reason-codes.js';
import { bounded, type ItemOutcome, LABEL_LENGTH_MAX, REASON_LENGTH_MAX } from '../runs/run-events.js';
import { sanitizeText } from '../sanitize/index.js';
import { sanitizeTextWith } from '../sanitize/text.js';
import type { ProducerRefusalCode } from './producer-refusals.js';
import type { ProducerReport, ReportedItem } from './reports.js';

/** Items in one append: their events stay far below what an event store takes. */
const ITEMS_PER_APPEND = 100;
const WAIT_AHEAD_MAX_MS = 7 * 24 * 3_600_000;

/** A report that can't be written down as it is. */
export class UnusableReport extends Error {
  override readonly name = 'UnusableReport';
  constructor(
    readonly code: ProducerRefusalCode,
    message: string,
  ) {
    super(message);
  }
}

/**
 * What a report asks the decider for: one command for each append. Texts are sanitized here, since the log never
 * forgets. Errors: UnusableReport.
 */
export function commandsOfReport(
  report: Exclude<ProducerReport, { kind: 'heartbeat' }>,
  claim: Claim,
  definition: ExternalOperation,
  now: number,
): readonly OperationCommand[] {
  const failureReason = (code: string, given: string | null | undefined) =>
    reasonOf(definition, 'failure', code, given);
  switch (report.kind) {
    case 'items':
      return batches(report.items.map((item) => outcomeOf(item, definition))).map((items) => ({
        kind: 'record-items',
        claim,
        items,
        produced: () => [],
      }));
    case 'total':
      return [{ kind: 'set-total', claim, total: report.total }];
    case 'note':
      return [{ kind: 'note', claim, note: clean(report.note, LABEL_LENGTH_MAX) }];
    case 'wait': {
      const { reasonCode: code } = report;
      const until = Date.parse(report.until);
      if (until > now + WAIT_AHEAD_MAX_MS)
        throw new UnusableReport('invalid_wait', 'A run may wait seven days at most.');
      const reason = failureReason(code, report.reason);
      return [{ kind: 'wait', claim, reasonCode: code, until: new Date(until).toISOString(), reason }];
    }
    case 'complete': {
      const related = report.related.map((link) => ({
        ...link,
        relation: clean(link.relation, 60),
        id: stableId('The id of a related thing', link.id),
        label: clean(link.label, LABEL_LENGTH_MAX),
      }));
      return [{ kind: 'complete', claim, summary: clean(report.summary, LABEL_LENGTH_MAX), related }];
    }
    case 'fail': {
      const { reasonCode: code } = report;
      return [{ kind: 'fail', claim, reasonCode: code, reason: failureReason(code, report.reason) }];
    }
  }
}

const clean = (text: string, lengthMax: number): string => bounded(sanitizeText(text), lengthMax);

function outcomeOf(item: ReportedItem, definition: ExternalOperation): ItemOutcome {
  const { outcome, subject } = item;
  const itemId = stableId('The id of an item', item.itemId);
  const code = item.reasonCode ?? null;
  const kept = {
    itemId,
    // An id stands for itself: it has been looked at as an id, which a digest may be.
    label: item.label === undefined ? itemId : clean(item.label, LABEL_LENGTH_MAX),
    outcome,
    subject: subject ? { type: clean(subject.type, 100), id: clean(subject.id, 200) } : null,
  };
  if (outcome === 'succeeded') {
    if (code !== null)
      throw new UnusableReport(
        'unknown_reason_code',
        `The item “${itemId}” succeeded: it has no reason code.`,
      );
    return { ...kept, reasonCode: null, reason: item.reason ? clean(item.reason, REASON_LENGTH_MAX) : null };
  }
  if (code === null)
    throw new UnusableReport('unknown_reason_code', `The item “${itemId}” has no reason code.`);
  const kind = outcome === 'failed' ? 'failure' : 'skip';
  return { ...kept, reasonCode: code, reason: reasonOf(definition, kind, code, item.reason) };
}

/** The sanitized reason; the code must be registered, for this kind of outcome. */
function reasonOf(
  definition: ExternalOperation,
  kind: ReasonKind,
  code: string,
  given: string | null | undefined,
): string {
  const known = reasonCode(code, definition.reasonCodes);
  if (known?.kind !== kind)
    throw new UnusableReport(
      'unknown_reason_code',
      known
        ? `“${code}” is no ${kind} code.`
        : `“${code}” is not a registered reason code of ${definition.type}.`,
    );
  return clean(given ? given : known.meaning, REASON_LENGTH_MAX);
}

/** Altered by the sanitizer, two ids could become one and an outcome be lost: refused instead. */
function stableId(what: string, id: string): string {
  const cleanId = sanitizeTextWith(id, { nameBefore: 'id' });
  if (cleanId !== id || cleanId === '')
    throw new UnusableReport(
      'not_storable',
      `${what} looks like a secret, a personal address or markup (${bounded(cleanId, 100)}). Use another id.`,
    );
  return id;
}

function batches(items: readonly ItemOutcome[]): ItemOutcome[][] {
  const parts: ItemOutcome[][] = [];
  for (let start = 0; start < items.length; start += ITEMS_PER_APPEND)
    parts.push(items.slice(start, start + ITEMS_PER_APPEND));
  return parts;
}
