import t from 'tap';
import { selectionInWords } from '../../src/policies/selection.js';

t.test('a selection in words keeps the spelling of product names', async (t) => {
  const words = (...policyTypes: string[]) => selectionInWords({ policyTypes });
  t.equal(selectionInWords({}), 'all policies');
  t.equal(words('deviceManagementScripts'), 'PowerShell scripts');
  t.equal(words('windowsAutopilotDeploymentProfiles'), 'Autopilot profiles');
  t.equal(words('deviceCompliancePolicies', 'deviceHealthScripts'), 'compliance and remediations');
});
