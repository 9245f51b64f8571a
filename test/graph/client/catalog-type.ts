import { policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';

const found = policyTypeNamed('configurationPolicies');
if (!found) throw new Error('the catalogue lacks the settings catalog');

/** The type of the policies that `catalogContent` makes. */
export const catalog = found;
