import type { JsonObject } from '../../ledger/canonical-json.js';
import type { PolicyType } from '../catalogue/policy-types.js';
import { comparisonKey } from '../comparable-form.js';
import { compareSettings, type SettingsDifference } from '../compare-policies.js';
import { flattenPolicy } from '../flatten-policy.js';
import { assignmentsHashInput } from '../hash-inputs.js';
import { withAttachedOfBoth } from '../linked-content.js';
import { normalizePolicy } from '../normalize-policy.js';
import type { PolicyDocument } from '../policy-document.js';

/** The parts in which two states of a policy differ by the rules of comparing. */
export interface DifferingParts {
  /** Names of own fields, child collections and links. */
  readonly fields: ReadonlySet<string>;
  /** Whether the rows of the content sub-resource differ. */
  readonly content: boolean;
}

/** Compares a captured policy with the live one part by part; assignments are not compared here. */
export function differingParts(
  type: PolicyType,
  live: PolicyDocument,
  captured: PolicyDocument,
): DifferingParts {
  const [is, was] = withAttachedOfBoth(type, captured, live);
  const own = ({ raw, attached = {} }: PolicyDocument) =>
    flattenPolicy(type, { raw, settings: null, assignments: [], attached });
  const rows = ({ settings }: PolicyDocument) =>
    flattenPolicy(type, { raw: {}, settings, assignments: [], attached: {} });
  const fields = new Set(
    placesOf(compareSettings(own(was), own(is))).map((path) => path.split('/')[0] ?? ''),
  );
  const isMicrosofts = type.madeByMicrosoft?.is(live.raw) ?? false;
  if (!isMicrosofts && was.raw[type.nameField] !== is.raw[type.nameField]) fields.add(type.nameField);
  return { fields, content: placesOf(compareSettings(rows(was), rows(is))).length > 0 };
}

/** Whether two sets of assignments differ. */
export function assignmentsDiffer(before: readonly JsonObject[], after: readonly JsonObject[]): boolean {
  return JSON.stringify(assignmentsHashInput(before)) !== JSON.stringify(assignmentsHashInput(after));
}

/** Equal for rows of a list that have the same meaning; `name` is the list's field. */
export function rowKey(type: PolicyType, name: string, row: JsonObject): string {
  const isContent = type.content?.name === name;
  const isChild = type.children.some((child) => child.name === name);
  const normal = normalizePolicy(type, {
    raw: isContent || isChild ? {} : { [name]: [row] },
    settings: isContent ? [row] : null,
    assignments: [],
    attached: isChild ? { [name]: [row] } : {},
  });
  return comparisonKey(normal[name] ?? null, name) ?? '';
}

function placesOf({ settingsAdded, settingsRemoved, settingsChanged }: SettingsDifference): string[] {
  return [...settingsAdded, ...settingsRemoved, ...settingsChanged].map(({ path }) => path);
}
