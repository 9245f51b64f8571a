import type { Evidence } from '../../operations/drift-generate/drift-events.js';
import { catalogName, choiceOf } from './setting-words.js';

/** The first change of a policy as one line, and the number of its other changes. */
export interface LeadChange {
  readonly setting: string;
  /** Null when the setting was added or removed. */
  readonly before: string | null;
  readonly after: string | null;
  /** Why both values look the same, or null. */
  readonly note: string | null;
  /** How many other settings and assignments changed. */
  readonly more: number;
}

/** Longest value on the line, in characters. */
const VALUE_MAX = 48;
const VALUES_SHOWN = 2;

/**
 * The change to show first: a changed setting, otherwise one that was added or removed, otherwise assignments.
 * Undefined without a change.
 */
export function leadChange(evidence: Evidence): LeadChange | undefined {
  const { settingsChanged, settingsAdded, settingsRemoved, omitted } = evidence;
  const { assignmentsAdded, assignmentsRemoved, assignmentsChanged } = evidence;
  const lines: Omit<LeadChange, 'more'>[] = [
    ...settingsChanged.map((change) => ({
      setting: settingName(change),
      ...bothSides(choices(change.path, change.before), choices(change.path, change.after)),
      note: NOTES.find(([word]) => change.words.includes(word))?.[1] ?? null,
    })),
    ...settingsAdded.map((setting) => ({
      setting: settingName(setting),
      before: null,
      after: cut(valuesText(choices(setting.path, setting.values))),
      note: null,
    })),
    ...settingsRemoved.map((setting) => ({
      setting: settingName(setting),
      before: cut(valuesText(choices(setting.path, setting.values))),
      after: null,
      note: null,
    })),
    ...assignmentsChanged.flatMap(({ target, parts }) =>
      parts.map(({ name, before, after }) => ({
        setting: `${target}: ${name}`,
        before: before ?? 'none',
        after: after ?? 'none',
        note: null,
      })),
    ),
    ...assignmentsAdded.map((text) => ({ setting: 'assignment', before: null, after: text, note: null })),
    ...assignmentsRemoved.map((text) => ({ setting: 'assignment', before: text, after: null, note: null })),
  ];
  const [first] = lines;
  return first && { ...first, more: lines.length - 1 + omitted };
}

const NOTES = [
  ['secret', 'a secret'],
  ['order_changed', 'order changed'],
  ['looks_alike', 'looks alike'],
  ['differs_where_masked', 'differs where masked'],
  ['excerpt', 'excerpt'],
] as const;

/** The name of a setting for people, or the end of its path that distinguishes it. */
function settingName({ label, path }: { readonly label: string | null; readonly path: string }): string {
  if (label) return label;
  const steps = path.split('/').map((step) => catalogName(step) ?? step);
  const names = steps.flatMap((step) => step.split('.')).filter((name) => name !== '');
  return names.slice(-2).join('/');
}

const choices = (path: string, values: readonly string[]): readonly string[] =>
  values.map((value) => choiceOf(path, value));

/** The values before and after, so that the line shows where they differ. */
function bothSides(
  before: readonly string[],
  after: readonly string[],
): Pick<LeadChange, 'before' | 'after'> {
  const [gone, came] = differing(before, after);
  // Null means that nothing went, or that nothing came.
  if (gone.length === 0 && before.length > 0) return { before: null, after: cut(valuesText(came)) };
  if (came.length === 0 && after.length > 0) return { before: cut(valuesText(gone)), after: null };
  const [textBefore, textAfter] = [valuesText(gone), valuesText(came)];
  if (collapsed(textBefore) !== collapsed(textAfter)) return shortenCommonStart(textBefore, textAfter);
  // In quotes and with escapes, blanks at the end and tabs can be seen.
  return shortenCommonStart(gone.join(', '), came.join(', '));
}

/** Long lists without the entries that both have, or from the first place where their order differs. */
function differing(
  before: readonly string[],
  after: readonly string[],
): readonly [readonly string[], readonly string[]] {
  if (Math.max(before.length, after.length) <= VALUES_SHOWN) return [before, after];
  const [known, present] = [new Set(before), new Set(after)];
  const gone = before.filter((value) => !present.has(value));
  const came = after.filter((value) => !known.has(value));
  if (gone.length + came.length > 0) return [gone, came];
  const first = before.findIndex((value, index) => value !== after[index]);
  return first < 0 ? [before, after] : [before.slice(first), after.slice(first)];
}

const collapsed = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Values as people read them: texts without quotes, and only the first few of a list. */
function valuesText(values: readonly string[]): string {
  if (values.length === 0) return 'empty';
  const shown = values.slice(0, VALUES_SHOWN).map(plainValue).join(', ');
  return values.length > VALUES_SHOWN ? `${shown} and ${values.length - VALUES_SHOWN} more` : shown;
}

const cut = (text: string): string =>
  text.length <= VALUE_MAX ? text : `${text.slice(0, VALUE_MAX - 1).toWellFormed()}…`;

/** Shortens the common beginning of two long values, so that their difference stays visible. */
function shortenCommonStart(
  before: string,
  after: string,
): { readonly before: string; readonly after: string } {
  if (cut(before) !== cut(after) || before === after) return { before: cut(before), after: cut(after) };
  let same = 0;
  while (before[same] === after[same]) same++;
  const from = Math.max(0, same - VALUE_MAX / 2);
  const rest = (text: string) => cut(`…${text.slice(from).toWellFormed()}`);
  return { before: rest(before), after: rest(after) };
}

function plainValue(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? (value === '' ? 'empty' : value) : json;
  } catch {
    return json;
  }
}
