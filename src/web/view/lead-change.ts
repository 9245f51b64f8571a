import type { Evidence } from '../../operations/drift-generate/drift-events.js';

/** The first thing that changed in a policy, as one line, and how much changed besides. */
export interface LeadChange {
  readonly setting: string;
  /** Null where the setting came or went. */
  readonly before: string | null;
  readonly after: string | null;
  /** Why both sides look alike, or null. */
  readonly note: string | null;
  /** Further settings and assignments that changed. */
  readonly more: number;
}

/** Longest value on the line, in characters. */
const VALUE_MAX = 48;
const VALUES_SHOWN = 2;

/** What changed first: a changed setting before one that came or went, assignments last; undefined for no evidence. */
export function leadChange(evidence: Evidence): LeadChange | undefined {
  const { settingsChanged, settingsAdded, settingsRemoved, omitted } = evidence;
  const { assignmentsAdded, assignmentsRemoved, assignmentsChanged } = evidence;
  const lines: Omit<LeadChange, 'more'>[] = [
    ...settingsChanged.map((change) => ({
      setting: settingName(change),
      ...toldApart(valuesText(change.before), valuesText(change.after)),
      note: NOTES.find(([word]) => change.words.includes(word))?.[1] ?? null,
    })),
    ...settingsAdded.map((setting) => ({
      setting: settingName(setting),
      before: null,
      after: cut(valuesText(setting.values)),
      note: null,
    })),
    ...settingsRemoved.map((setting) => ({
      setting: settingName(setting),
      before: cut(valuesText(setting.values)),
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

/** What people call a setting, or the end of its path, which tells it apart. */
function settingName({ label, path }: { readonly label: string | null; readonly path: string }): string {
  if (label) return label;
  const steps = path.split(/[/.]/).filter((step) => step !== '');
  return steps.slice(-2).join('/');
}

/** Values as they are read: texts without their quotes, the first few of a list. */
function valuesText(values: readonly string[]): string {
  if (values.length === 0) return 'empty';
  const shown = values.slice(0, VALUES_SHOWN).map(plainValue).join(', ');
  return values.length > VALUES_SHOWN ? `${shown} and ${values.length - VALUES_SHOWN} more` : shown;
}

const cut = (text: string): string =>
  text.length <= VALUE_MAX ? text : `${text.slice(0, VALUE_MAX - 1).toWellFormed()}…`;

/** Two long values, each cut where they still differ: what both begin with is left out. */
function toldApart(before: string, after: string): { readonly before: string; readonly after: string } {
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
