import type { Json, JsonObject } from '../ledger/canonical-json.js';
import { childrenOf, linkNamesOf, type PolicyType } from '../policies/catalogue/policy-types.js';
import { linkTarget } from '../policies/catalogue/profile-links.js';
import type { PolicyDocument } from '../policies/policy-document.js';

const METADATA = 'https://graph.microsoft.com/beta/$metadata#';

/**
 * The file of a policy: the JSON object that Graph answers when everything that belongs to the policy is expanded, and
 * that it takes when the policy is created. `@odata.context` names its collection. Without `assignments` the file says
 * nothing about them, as if they weren't expanded.
 */
export function policyFile(
  type: PolicyType,
  document: PolicyDocument,
  parts: { readonly assignments: boolean },
): Buffer {
  const { raw, settings, assignments, attached = {} } = document;
  const { '@odata.type': derivedType, ...fields } = raw;
  const file: JsonObject = {
    '@odata.context': `${METADATA}${type.path}/$entity`,
    ...(derivedType === undefined ? {} : { '@odata.type': derivedType }),
    ...fields,
  };
  if (type.content && settings) file[type.content.name] = [...settings];
  for (const { name } of childrenOf(type, raw)) if (attached[name]) file[name] = [...attached[name]];
  for (const name of linkNamesOf(type, raw)) {
    const linked = attached[name];
    if (linked) file[name] = linkTarget(name).many ? [...linked] : oneOrNull(linked);
  }
  if (type.assignments !== 'none' && parts.assignments) file.assignments = [...assignments];
  return Buffer.from(`${JSON.stringify(file, null, 2)}\n`);
}

function oneOrNull(linked: readonly JsonObject[]): Json {
  return linked.length > 1 ? [...linked] : (linked[0] ?? null);
}
