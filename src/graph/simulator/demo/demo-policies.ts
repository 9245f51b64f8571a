import type { GraphObject } from '../graph-value.js';
import type { DemoPolicy, DemoValue } from './demo-model.js';
import type { DemoContext } from './demo-tenant.js';

const TYPE = '#microsoft.graph.deviceManagementConfiguration';

/** A generated settings catalog policy in Graph's form. */
export function demoCatalogPolicy(context: DemoContext, policy: DemoPolicy): GraphObject {
  const id = context.id(`policy ${policy.serial}`);
  const settings = [...policy.values].map(
    ([definitionId, value], index): GraphObject => ({
      id: String(index),
      settingInstance: settingInstance(definitionId, value),
    }),
  );
  return {
    id,
    name: `Windows - ${policy.area.name} - ${policy.variant} - v1.${policy.revision}`,
    description: `${policy.area.name} for ${policy.variant.toLowerCase()}`,
    platforms: 'windows10',
    technologies: 'mdm',
    createdDateTime: context.time(policy.createdIn),
    lastModifiedDateTime: context.time(policy.changedIn),
    creationSource: null,
    priorityMetaData: null,
    roleScopeTagIds: ['0'],
    settingCount: settings.length,
    templateReference: {
      templateId: '',
      templateFamily: policy.area.templateFamily,
      templateDisplayName: null,
      templateDisplayVersion: null,
    },
    settings,
    assignments: context.assignments(id, policy.groups),
  };
}

function settingInstance(settingDefinitionId: string, value: DemoValue): GraphObject {
  const base = { settingDefinitionId, settingInstanceTemplateReference: null };
  if (typeof value === 'number')
    return {
      '@odata.type': `${TYPE}SimpleSettingInstance`,
      ...base,
      simpleSettingValue: simpleValue('Integer', value),
    };
  if (typeof value !== 'string')
    return {
      '@odata.type': `${TYPE}SimpleSettingCollectionInstance`,
      ...base,
      simpleSettingCollectionValue: value.map((text) => simpleValue('String', text)),
    };
  if (value.startsWith(`${settingDefinitionId}_`))
    return {
      '@odata.type': `${TYPE}ChoiceSettingInstance`,
      ...base,
      choiceSettingValue: { settingValueTemplateReference: null, value, children: [] },
    };
  return {
    '@odata.type': `${TYPE}SimpleSettingInstance`,
    ...base,
    simpleSettingValue: simpleValue('String', value),
  };
}

function simpleValue(kind: 'Integer' | 'String', value: string | number): GraphObject {
  return { '@odata.type': `${TYPE}${kind}SettingValue`, settingValueTemplateReference: null, value };
}
