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
 * Whether a nested `@odata.type` only repeats the declared type of its property. Graph leaves such types out unless full
 * metadata is asked for, so they are not compared.
 */
export function isDeclaredType(type: string): boolean {
  return DECLARED_TYPES.has(type);
}
