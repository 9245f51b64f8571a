import { ownAddress, type PolicyType, policyType } from './policy-type.js';
import { assigned, RANK } from './policy-writing.js';

const permission = 'DeviceManagementScripts.Read.All';
const SCRIPT_ASSIGNMENTS = 'deviceManagementScriptAssignments';
const REMEDIATION_ASSIGNMENTS = 'deviceHealthScriptAssignments';
/** Fields of a remediation that Microsoft wrote, where the tenant sets only the assignments. */
const OF_MICROSOFTS_REMEDIATION = [
  ...['description', 'publisher', 'detectionScriptContent', 'remediationScriptContent'],
  ...['detectionScriptParameters', 'remediationScriptParameters'],
];
const isMicrosofts = ({ isGlobalScript }: { readonly [field: string]: unknown }): boolean =>
  isGlobalScript === true;
const scriptContent = { ownAddress: ownAddress(['scriptContent']), secretFields: ['scriptContent'] };

/** Scripts. Their texts are returned only at the address of each script. */
export const SCRIPT_TYPES: readonly PolicyType[] = [
  policyType({
    name: 'deviceManagementScripts',
    label: 'PowerShell scripts',
    permission,
    ...scriptContent,
    writing: { assign: assigned(SCRIPT_ASSIGNMENTS) },
  }),
  policyType({
    name: 'deviceShellScripts',
    label: 'Shell scripts',
    permission,
    ...scriptContent,
    writing: { assign: assigned(SCRIPT_ASSIGNMENTS) },
  }),
  policyType({
    name: 'deviceHealthScripts',
    label: 'Remediations',
    permission,
    licence: 'Windows Enterprise E3 or Education A3',
    ownAddress: ownAddress(['detectionScriptContent', 'remediationScriptContent']),
    secretFields: ['detectionScriptContent', 'remediationScriptContent'],
    madeByMicrosoft: {
      what: 'remediations that Microsoft wrote',
      is: isMicrosofts,
      fields: OF_MICROSOFTS_REMEDIATION,
      readSinceRules: 1,
    },
    writing: {
      assign: assigned(REMEDIATION_ASSIGNMENTS),
      computed: ['isGlobalScript'],
      provided: {
        what: 'a remediation that Microsoft wrote',
        is: isMicrosofts,
        takes: 'assign',
      },
    },
  }),
  policyType({
    name: 'deviceComplianceScripts',
    label: 'Compliance scripts',
    permission,
    ownAddress: ownAddress(['detectionScriptContent']),
    secretFields: ['detectionScriptContent'],
    writing: { rank: RANK.complianceScripts, assign: assigned(REMEDIATION_ASSIGNMENTS) },
  }),
  policyType({
    name: 'deviceCustomAttributeShellScripts',
    label: 'Custom attributes',
    permission,
    ...scriptContent,
    writing: {
      assign: assigned(SCRIPT_ASSIGNMENTS),
      fixed: ['customAttributeName', 'customAttributeType', 'displayName'],
    },
  }),
];
