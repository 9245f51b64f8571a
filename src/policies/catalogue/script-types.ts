import { ownAddress, type PolicyType, policyType } from './policy-type.js';

const permission = 'DeviceManagementScripts.Read.All';
const scriptContent = { ownAddress: ownAddress(['scriptContent']), secretFields: ['scriptContent'] };

/** Scripts. Their texts are answered only at the address of each script. */
export const SCRIPT_TYPES: readonly PolicyType[] = [
  policyType({ name: 'deviceManagementScripts', label: 'PowerShell scripts', permission, ...scriptContent }),
  policyType({ name: 'deviceShellScripts', label: 'Shell scripts', permission, ...scriptContent }),
  policyType({
    name: 'deviceHealthScripts',
    label: 'Remediations',
    permission,
    licence: 'Windows Enterprise E3 or Education A3',
    ownAddress: ownAddress(['detectionScriptContent', 'remediationScriptContent']),
    secretFields: ['detectionScriptContent', 'remediationScriptContent'],
  }),
  policyType({
    name: 'deviceComplianceScripts',
    label: 'Compliance scripts',
    permission,
    ownAddress: ownAddress(['detectionScriptContent']),
    secretFields: ['detectionScriptContent'],
  }),
  policyType({
    name: 'deviceCustomAttributeShellScripts',
    label: 'Custom attributes',
    permission,
    ...scriptContent,
  }),
];
