import { isDeclaredType } from '../../policies/declared-types.js';
import { type GraphCollection, isNavigation } from './collections.js';
import type { GraphObject, GraphValue } from './graph-value.js';

/**
 * The form in which Graph answers (`odata.metadata=minimal`). Exports are often written with full metadata:
 * links, types and actions beside the payload, which Graph wouldn't send to this client.
 */

/** The value without annotations, as Graph answers it; derived types keep their `@odata.type`. */
export function withoutAnnotations(value: GraphValue): GraphValue {
  if (Array.isArray(value)) return value.map(withoutAnnotations);
  if (value === null || typeof value !== 'object') return value;
  const plain: GraphObject = {};
  for (const [key, entry] of Object.entries(value)) {
    if (key === '@odata.type') {
      if (typeof entry === 'string' && !isDeclaredType(entry)) plain[key] = entry;
    } else if (!key.includes('@odata.') && !key.startsWith('#') && key !== '__proto__') {
      plain[key] = withoutAnnotations(entry);
    }
  }
  return plain;
}

export interface EntityView {
  readonly list: boolean;
  readonly expand: ReadonlySet<string>;
  /** Null answers every property. */
  readonly select: ReadonlySet<string> | null;
  /** Whether newer members of enumerations are returned by name and not as `unknownFutureValue`. */
  readonly allMembers: boolean;
}

/** Members that Graph added to an enumeration after it was first published, by property. */
const NEWER_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  platforms: ['androidEnterprise', 'aosp', 'visionOS', 'tvOS'],
  technologies: ['windowsOsRecovery', 'android'],
};

/** A property's value as clients see it that did not request newer members; flags are joined by commas. */
function publishedMembers(property: string, value: GraphValue): GraphValue {
  const newer = NEWER_MEMBERS[property];
  if (newer === undefined || typeof value !== 'string') return value;
  const members = value.split(',').map((member) => (newer.includes(member) ? 'unknownFutureValue' : member));
  return [...new Set(members)].join(',');
}

/** One entity as a listing or its own address answers it. */
export function entityAnswer(
  collection: GraphCollection,
  entity: GraphObject,
  view: EntityView,
): GraphObject {
  const answer: GraphObject = {};
  for (const [key, value] of Object.entries(entity)) {
    if (key === '@odata.type' && !collection.polymorphic) continue;
    if (isNavigation(collection, key, entity)) {
      if (view.expand.has(key)) answer[key] = value;
    } else if (view.list && collection.listOmits.includes(key)) {
      answer[key] = null;
    } else if (view.select === null || view.select.has(key) || key.startsWith('@') || key === 'id') {
      answer[key] = view.allMembers ? value : publishedMembers(key, value);
    }
  }
  for (const key of view.expand) if (key in collection.navigations) answer[key] ??= [];
  return answer;
}
