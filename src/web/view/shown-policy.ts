import type { Evidence } from '../../operations/drift-generate/drift-events.js';
import { evidenceOf } from '../../operations/drift-generate/evidence.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import { compareAssignments, compareSettings } from '../../policies/compare-policies.js';
import type { DirectoryNames } from '../../policies/directory-names.js';
import type { FlatPolicy } from '../../policies/flat-policy.js';
import { flattenPolicy } from '../../policies/flatten-policy.js';
import { notComparedOf, withAttachedOfBoth } from '../../policies/linked-content.js';
import type { PolicyDocument } from '../../policies/policy-document.js';
import { withCatalogName } from './setting-words.js';

/** Most bytes of settings and assignments on one page; what is beyond is counted. */
const SHOWN_BYTES_MAX = 512 * 1024;

/** A policy without settings, to which another one is compared to show everything that it sets. */
const NOTHING: FlatPolicy = Object.freeze({
  settings: new Map(),
  groups: new Map(),
  labels: new Map(),
  withheld: [],
});

/**
 * All settings and assignments of a policy in the form for people: flattened, sanitized, with secrets masked. They
 * are in the evidence's lists of added values.
 */
export function shownPolicy(type: PolicyType, policy: PolicyDocument, names: DirectoryNames): Evidence {
  // The lists of objects repeat what stands at the places inside them.
  const flat = { ...flattenPolicy(type, policy), groups: NOTHING.groups };
  const difference = {
    ...compareSettings(NOTHING, flat, names),
    ...compareAssignments([], policy.assignments, names),
  };
  const shown = evidenceOf(difference, [], SHOWN_BYTES_MAX);
  return { ...shown, settingsAdded: shown.settingsAdded.map(withCatalogName) };
}

/** What differs between two states of a policy, in the words and with the masks of drift. */
export function shownDifference(
  type: PolicyType,
  [before, after]: readonly [PolicyDocument, PolicyDocument],
  names: DirectoryNames,
): Evidence {
  const [oneBefore, oneAfter] = withAttachedOfBoth(type, before, after);
  const difference = {
    ...compareSettings(flattenPolicy(type, oneBefore), flattenPolicy(type, oneAfter), names),
    ...compareAssignments(before.assignments, after.assignments, names),
  };
  return evidenceOf(difference, notComparedOf(type, before, after), SHOWN_BYTES_MAX);
}
