import type { Json, JsonObject } from '../../src/ledger/canonical-json.js';
import {
  comparePolicySets,
  type PolicyFinding,
  type PolicyInSet,
} from '../../src/policies/compare-policy-sets.js';

const TYPE = '#microsoft.graph.deviceManagementConfiguration';

/** A choice setting with its child settings. */
export function choice(id: string, value: string, children: JsonObject[] = []): JsonObject {
  return {
    '@odata.type': `${TYPE}ChoiceSettingInstance`,
    settingDefinitionId: id,
    settingInstanceTemplateReference: null,
    choiceSettingValue: { settingValueTemplateReference: null, value, children },
  };
}

/** A collection of choice settings, each with its child settings. */
export function choices(id: string, values: readonly (readonly [string, JsonObject[]])[]): JsonObject {
  return {
    '@odata.type': `${TYPE}ChoiceSettingCollectionInstance`,
    settingDefinitionId: id,
    choiceSettingCollectionValue: values.map(([value, children]) => ({ value, children })),
  };
}

export function simple(id: string, value: Json, kind = 'String', more: JsonObject = {}): JsonObject {
  return {
    '@odata.type': `${TYPE}SimpleSettingInstance`,
    settingDefinitionId: id,
    simpleSettingValue: { '@odata.type': `${TYPE}${kind}SettingValue`, value, ...more },
  };
}

export function simples(id: string, values: readonly Json[]): JsonObject {
  return {
    '@odata.type': `${TYPE}SimpleSettingCollectionInstance`,
    settingDefinitionId: id,
    simpleSettingCollectionValue: values.map((value) => ({
      '@odata.type': `${TYPE}StringSettingValue`,
      value,
    })),
  };
}

/** A collection of groups, each a list of settings. */
export function groups(id: string, elements: readonly JsonObject[][]): JsonObject {
  return {
    '@odata.type': `${TYPE}GroupSettingCollectionInstance`,
    settingDefinitionId: id,
    groupSettingCollectionValue: elements.map((children) => ({ children })),
  };
}

/** A settings catalog policy of an inventory. */
export function catalogPolicy(
  instances: readonly JsonObject[],
  more: { id?: string; name?: string; raw?: JsonObject; assignments?: JsonObject[] } = {},
): PolicyInSet {
  const id = more.id ?? 'p1';
  const name = more.name ?? 'A policy';
  return {
    policyType: 'configurationPolicies',
    id,
    name,
    document: {
      raw: { id, name, description: '', settingCount: instances.length, ...more.raw },
      settings: instances.map((settingInstance, index) => ({ id: String(index), settingInstance })),
      assignments: more.assignments ?? [],
    },
  };
}

/** A policy of another type, whose settings are its fields. */
export function plainPolicy(
  policyType: string,
  fields: JsonObject,
  more: { id?: string; name?: string; assignments?: JsonObject[]; settings?: JsonObject[] } = {},
): PolicyInSet {
  const id = more.id ?? 'p1';
  const name = more.name ?? 'A policy';
  const raw = { id, displayName: name, ...fields };
  const { settings = null, assignments = [] } = more;
  return { policyType, id, name, document: { raw, settings, assignments } };
}

export function assignedTo(target: string, more: JsonObject = {}): JsonObject {
  return { id: `a-${target}`, target: { '@odata.type': `#microsoft.graph.${target}`, ...more } };
}

/** The findings between one policy before and after. */
export function between(before: PolicyInSet, after: PolicyInSet): readonly PolicyFinding[] {
  return comparePolicySets([before], [after]);
}
