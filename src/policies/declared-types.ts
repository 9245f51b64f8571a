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
 * Whether a nested `@odata.type` says no more than its property does. Graph leaves such types out unless full
 * metadata is asked for, so they carry no meaning.
 */
export function isDeclaredType(type: string): boolean {
  return DECLARED_TYPES.has(type);
}
