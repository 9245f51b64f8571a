const DECLARED_TYPES = new Set(
  [
    'deviceManagementConfigurationSetting',
    'deviceManagementConfigurationChoiceSettingValue',
    'deviceManagementConfigurationGroupSettingValue',
    'deviceManagementConfigurationSettingInstanceTemplateReference',
    'deviceManagementConfigurationSettingValueTemplateReference',
    'deviceManagementConfigurationPolicyTemplateReference',
    'deviceManagementConfigurationPolicyAssignment',
    'deviceConfigurationAssignment',
    'deviceCompliancePolicyAssignment',
    'deviceComplianceScheduledActionForRule',
    'deviceComplianceActionItem',
  ].map((name) => `#microsoft.graph.${name}`),
);

/**
 * Whether a nested `@odata.type` only repeats the declared type of its property. Graph sends such types only with
 * full metadata, so they aren't compared.
 */
export function isDeclaredType(type: string): boolean {
  return DECLARED_TYPES.has(type);
}
