import type { JsonObject } from '../ledger/canonical-json.js';
import { withoutFields } from '../ledger/json-values.js';
import type { ChildCollection } from './catalogue/policy-type.js';
import { childrenOf, linkNamesOf, type PolicyType } from './catalogue/policy-types.js';
import type { Attached, PolicyDocument } from './policy-document.js';
import { rowsStillListed } from './row-decisions.js';

/** Content that Graph doesn't return, or not in a comparable form, in words for people. */
export const NOT_COMPARED: readonly string[] = Object.freeze([
  'the installation files of apps',
  'secrets that Graph withholds',
  'drivers that a driver update profile approves by itself',
]);

/**
 * Two states of a policy, the older one first, reduced to the attached content that both have, because one of the
 * inventories may not have read it. Rows that the service itself has taken out since are left out of the older state.
 */
export function withAttachedOfBoth(
  type: PolicyType,
  older: PolicyDocument,
  newer: PolicyDocument,
): readonly [PolicyDocument, PolicyDocument] {
  const [attachedOlder, attachedNewer] = [older.attached ?? {}, newer.attached ?? {}];
  const ofBoth = (attached: Attached): Attached =>
    Object.fromEntries(
      Object.entries(attached).filter(([name]) => name in attachedOlder && name in attachedNewer),
    );
  const [rowsOlder, rowsNewer] = [{ ...ofBoth(attachedOlder) }, { ...ofBoth(attachedNewer) }];
  for (const child of childrenOf(type, newer.raw)) {
    const [rows, later] = [rowsOlder[child.name], rowsNewer[child.name]];
    if (!rows || !later) continue;
    const unread = unreadFields(child, rows, later);
    const listed = child.decisions ? rowsStillListed(child.decisions, rows, later) : rows;
    rowsOlder[child.name] = listed.map((row) => withoutFields(row, unread));
    rowsNewer[child.name] = later.map((row) => withoutFields(row, unread));
  }
  return [
    { ...older, attached: rowsOlder },
    { ...newer, attached: rowsNewer },
  ];
}

/** Fields of rows that one of two inventories didn't read, because it or Graph didn't know the query for them. */
function unreadFields(
  { rows: whole }: ChildCollection,
  ...states: readonly (readonly JsonObject[])[]
): readonly string[] {
  const isRead = (field: string) =>
    states.every((rows) => rows.length === 0 || rows.some((row) => row[field] !== undefined));
  return (whole?.expanded ?? []).filter((field) => !isRead(field));
}

/** Sentences for people about a policy of which only a part is compared; empty for most policies. */
export function comparedInPart(type: PolicyType, raw: PolicyDocument['raw']): readonly string[] {
  const { madeByMicrosoft: made } = type;
  const sentences = childrenOf(type, raw).flatMap(({ name, decisions }) =>
    decisions?.listedByService
      ? [`Of ${name}, which the service lists, only this is compared: ${decisions.what}.`]
      : [],
  );
  if (made?.is(raw)) sentences.unshift(`It is one of ${made.what}: only what this tenant sets is compared.`);
  return sentences;
}

/** Names of the attached content that at least one of the two inventories didn't read. */
export function notComparedOf(
  type: PolicyType,
  before: PolicyDocument,
  after: PolicyDocument,
): readonly string[] {
  const [attachedBefore, attachedAfter] = [before.attached ?? {}, after.attached ?? {}];
  const children = childrenOf(type, after.raw);
  const names = [...children.map(({ name }) => name), ...linkNamesOf(type, after.raw)];
  const fields = children.flatMap((child) =>
    unreadFields(child, attachedBefore[child.name] ?? [], attachedAfter[child.name] ?? []).map(
      (field) => `${child.name}/${field}`,
    ),
  );
  return [...names.filter((name) => !(name in attachedBefore && name in attachedAfter)), ...fields];
}
