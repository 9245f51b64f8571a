import { batchesOf } from '../batches-of.js';
import type { ExternalOperation } from '../operations/define-external.js';
import type { Claim, OperationCommand } from '../runs/decider.js';
import { type ReasonKind, reasonCode } from '../runs/reason-codes.js';
import { bounded, type ItemOutcome, LABEL_LENGTH_MAX, REASON_LENGTH_MAX } from '../runs/run-events.js';
import { sanitizeText } from '../sanitize/index.js';
import { sanitizeTextWith } from '../sanitize/text.js';
import type { ProducerRefusalCode } from './producer-refusals.js';
import type { ProducerReport, ReportedItem } from './reports.js';

/** Items in one append, so that its events stay far below the event store's size limit. */
const ITEMS_PER_APPEND = 100;
const WAIT_AHEAD_MAX_MS = 7 * 24 * 3_600_000;

/** The report can't be recorded as it was given. */
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
 * The commands that a report becomes, one for each append. Texts are sanitized here, because they can't be removed
 * from the log later. Errors: UnusableReport.
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
      return batchesOf(
        report.items.map((item) => outcomeOf(item, definition)),
        ITEMS_PER_APPEND,
      ).map((items) => ({ kind: 'record-items', claim, items, produced: () => [] }));
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
    // An id used as label is not sanitized as text, which could change it: it was already checked as an id.
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

/** The sanitized reason. The code must be registered for this kind of outcome. */
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

/** Refuses an id that the sanitizer would change, because two ids could become the same and an outcome get lost. */
function stableId(what: string, id: string): string {
  const cleanId = sanitizeTextWith(id, { nameBefore: 'id' });
  if (cleanId !== id || cleanId === '')
    throw new UnusableReport(
      'not_storable',
      `${what} looks like a secret, a personal address or markup (${bounded(cleanId, 100)}). Use another id.`,
    );
  return id;
}
