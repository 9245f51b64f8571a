import { linkNamesOf, type PolicyType } from './catalogue/policy-types.js';
import type { Attached, PolicyDocument } from './policy-document.js';

/** Content that Graph doesn't return, or not in a comparable form, in words for people. */
export const NOT_COMPARED: readonly string[] = Object.freeze([
  'the installation files of apps',
  'secrets that Graph withholds',
  'who is assigned Microsoft’s own roles',
  'approvals of single drivers in driver update profiles',
]);

/**
 * Two states of a policy, reduced to the attached content that both have, because one of the inventories may not
 * have read it.
 */
export function withAttachedOfBoth(
  before: PolicyDocument,
  after: PolicyDocument,
): readonly [PolicyDocument, PolicyDocument] {
  const [attachedBefore, attachedAfter] = [before.attached ?? {}, after.attached ?? {}];
  const ofBoth = (attached: Attached): Attached =>
    Object.fromEntries(
      Object.entries(attached).filter(([name]) => name in attachedBefore && name in attachedAfter),
    );
  return [
    { ...before, attached: ofBoth(attachedBefore) },
    { ...after, attached: ofBoth(attachedAfter) },
  ];
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
