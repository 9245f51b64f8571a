import { linkNamesOf, type PolicyType } from './catalogue/policy-types.js';
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
  const stillListed = type.children.flatMap(({ name, decisions }) => {
    const [rows, later] = [attachedOlder[name], attachedNewer[name]];
    return decisions && rows && later ? [[name, rowsStillListed(decisions, rows, later)] as const] : [];
  });
  return [
    { ...older, attached: { ...ofBoth(attachedOlder), ...Object.fromEntries(stillListed) } },
    { ...newer, attached: ofBoth(attachedNewer) },
  ];
}

/** Sentences for people about a policy of which only a part is compared; empty for most policies. */
export function comparedInPart(type: PolicyType, raw: PolicyDocument['raw']): readonly string[] {
  const { madeByMicrosoft: made, children } = type;
  const sentences = children.flatMap(({ name, decisions }) =>
    decisions ? [`Of ${name}, which the service lists, only this is compared: ${decisions.what}.`] : [],
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
  const names = [...type.children.map(({ name }) => name), ...linkNamesOf(type, after.raw)];
  return names.filter((name) => !(name in attachedBefore && name in attachedAfter));
}
