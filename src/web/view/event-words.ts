import type { RunEventRow } from '../hub/run-history.js';
import { count, number } from './format.js';

/** What an event says, in words; its JSON stands beside it. Unknown types say nothing more than their name. */
export function eventWords(event: Pick<RunEventRow, 'type' | 'data'>): string {
  const { data } = event;
  switch (event.type) {
    case 'RunQueued':
      return [text(data.title), text(data.type)].filter((part) => part !== '').join(', ');
    case 'RunStarted':
      return `attempt ${text(data.attempt)}`;
    case 'RunReleased':
      return `handed back: ${text(data.reason)}`;
    case 'RunTotalSet':
      return count(Number(data.total), 'item');
    case 'RunItemsRecorded':
      return outcomesInWords(data.items);
    case 'RunWaiting':
      return `${text(data.reason)} (until ${text(data.until).slice(11, 19)} UTC)`;
    case 'RunProgressNoted':
      return text(data.note);
    case 'EffectIntended':
      return `about to ${text(data.action)} ${text(data.itemId)}`;
    case 'EffectSettled':
      return effectInWords(data);
    case 'RunCompleted':
      return text(data.summary);
    case 'RunFailed':
    case 'RunAborted':
      return text(data.reason);
    case 'InventoryItemsObserved':
      return count(lengthOf(data.policies), 'policy observed', 'policies observed');
    case 'FindingsDetected':
      return count(lengthOf(data.findings), 'finding');
    default:
      return '';
  }
}

/**
 * What the clock of the process that wrote an event said, where it was wrong and `at` is when the event store recorded
 * it; milliseconds since 1970, undefined for a time to be believed.
 */
export function wrongTimeOf({ at, metadata }: Pick<RunEventRow, 'at' | 'metadata'>): number | undefined {
  const written = Date.parse(text(metadata.clockAt ?? metadata.at));
  return written === at ? undefined : written;
}

/** The reason code that an event carries, to be shown beside its words. */
export function eventCode(event: Pick<RunEventRow, 'data'>): string {
  return text(event.data.reasonCode);
}

function outcomesInWords(items: unknown): string {
  if (!Array.isArray(items)) return '';
  const counts = new Map<string, number>();
  const reasons = new Map<string, number>();
  for (const item of items as readonly { outcome?: unknown; reasonCode?: unknown }[]) {
    const outcome = text(item.outcome);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    if (outcome === 'failed')
      reasons.set(text(item.reasonCode), (reasons.get(text(item.reasonCode)) ?? 0) + 1);
  }
  const words = ['succeeded', 'failed', 'skipped']
    .filter((outcome) => counts.has(outcome))
    .map((outcome) => `${number(counts.get(outcome) ?? 0)} ${outcome}`);
  const codes = [...reasons.keys()].filter((code) => code !== '').join(', ');
  return words.join(', ') + (codes === '' ? '' : ` (${codes})`);
}

const EFFECT_WORDS: Readonly<Record<string, string>> = {
  applied: 'done',
  refused: 'refused',
  not_applied: 'not done',
  ambiguous: 'not known whether it was done',
};

function effectInWords(data: RunEventRow['data']): string {
  const outcome = EFFECT_WORDS[text(data.outcome)] ?? text(data.outcome);
  const how = data.lookedUp === true ? ', as a look at the tenant shows' : '';
  const reason = text(data.reason);
  return `${text(data.action)} ${text(data.itemId)}: ${outcome}${how}${reason === '' ? '' : `. ${reason}`}`;
}

const lengthOf = (list: unknown): number => (Array.isArray(list) ? list.length : 0);

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
