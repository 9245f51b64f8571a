import { z } from 'zod';
import { APP_TYPES } from './app-types.js';
import { ENROLLMENT_TYPES } from './enrollment-types.js';
import type { ChildCollection, PolicyType } from './policy-type.js';
import type { PolicyWriting } from './policy-writing.js';
import { SCRIPT_TYPES } from './script-types.js';
import { SETTINGS_TYPES } from './settings-types.js';
import { TENANT_TYPES } from './tenant-types.js';
import { UPDATE_TYPES } from './update-types.js';

export type { PolicyType } from './policy-type.js';

/** The catalogue: every type of policy that is read, in the order in which an inventory reads them. */
export const POLICY_TYPES: readonly PolicyType[] = Object.freeze([
  ...SETTINGS_TYPES,
  ...UPDATE_TYPES,
  ...SCRIPT_TYPES,
  ...ENROLLMENT_TYPES,
  ...APP_TYPES,
  ...TENANT_TYPES,
]);

/** The permissions that reading all types requires, sorted. */
export const READ_PERMISSIONS: readonly string[] = Object.freeze(
  [...new Set(POLICY_TYPES.map(({ permission }) => permission))].sort(),
);

/** The permissions that writing all types requires, besides those for reading them, sorted. */
export const WRITE_PERMISSIONS: readonly string[] = Object.freeze(
  [...new Set(POLICY_TYPES.flatMap(({ writing }) => writing?.permission ?? []))].sort(),
);

const BY_NAME: ReadonlyMap<string, PolicyType> = new Map(POLICY_TYPES.map((type) => [type.name, type]));

/** The policy type of that name, or undefined. */
export function policyTypeNamed(name: string): PolicyType | undefined {
  return BY_NAME.get(name);
}

/** The name of a policy type of the catalogue, as people and programs give it. */
export const policyTypeNameSchema = z
  .string()
  .refine(
    (name) => BY_NAME.has(name),
    'is not a policy type of this version; types are named as in Graph, such as configurationPolicies',
  );

/** The policy's name as Graph gives it, or an empty text. */
export function policyName(type: PolicyType, raw: { readonly [key: string]: unknown }): string {
  const name = raw[type.nameField];
  return typeof name === 'string' ? name : '';
}

/** The name as it is compared: that of a policy which Microsoft made is Microsoft's, and counts as empty. */
export function comparedName(type: PolicyType, raw: { readonly [key: string]: unknown }): string {
  return type.madeByMicrosoft?.is(raw) ? '' : policyName(type, raw);
}

/** The name of a derived type in an `@odata.type`, without its namespace; empty where there is none. */
export function derivedTypeOf(raw: { readonly [key: string]: unknown }): string {
  const type = raw['@odata.type'];
  return typeof type === 'string' ? type.replace(/^#?microsoft\.graph\./, '') : '';
}

/** In words, what a policy belongs to that a restore never writes; null for every other policy. */
export function staysAsItIs(
  { leftOut, writing }: PolicyType,
  raw: { readonly [key: string]: unknown },
): string | null {
  if (leftOut?.is(raw)) return leftOut.what;
  const { provided = null } = writing ?? {};
  return provided?.takes === 'nothing' && provided.is(raw) ? provided.what : null;
}

/** The child collections that a policy of this derived type has. */
export function childrenOf(
  { children }: PolicyType,
  raw: { readonly [key: string]: unknown },
): readonly ChildCollection[] {
  return children.filter(
    ({ derivedTypes }) => derivedTypes === null || derivedTypes.test(derivedTypeOf(raw)),
  );
}

/**
 * The fields and child collections of a policy that Graph doesn't accept from a client. A derived type that doesn't have
 * such a collection may have a field of its own with that name.
 */
export function readOnlyFieldsOf(
  type: PolicyType,
  { readOnly }: PolicyWriting,
  raw: { readonly [key: string]: unknown },
): readonly string[] {
  const own = new Set(childrenOf(type, raw).map(({ name }) => name));
  const elsewhere = new Set(type.children.map(({ name }) => name).filter((name) => !own.has(name)));
  return readOnly.filter((name) => !elsewhere.has(name));
}

/** Names of the links that a policy's derived type has. */
export function linkNamesOf(type: PolicyType, raw: { readonly [key: string]: unknown }): readonly string[] {
  const derived = derivedTypeOf(raw);
  if (derived === '') return [];
  return type.links.find(({ types }) => types.test(derived))?.names ?? [];
}
