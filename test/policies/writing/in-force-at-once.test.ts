import t from 'tap';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import { planWrites } from '../../../src/policies/writing/plan-writes.js';
import { documentWith, inputOf, typeNamed } from './plan-input.js';

/** Goal: whoever restores a conditional access policy reads beforehand that it may lock people out. */
const type = typeNamed('conditionalAccessPolicies');
const access = (more: JsonObject = {}, users: JsonObject = {}): JsonObject => ({
  displayName: 'Block legacy sign-in',
  state: 'enabled',
  conditions: { users: { includeUsers: ['All'], excludeUsers: [], ...users } },
  grantControls: { builtInControls: ['block'] },
  ...more,
});
const warningOf = (raw: JsonObject, live: JsonObject | null = null) =>
  planWrites(inputOf(type, documentWith(raw), live && documentWith(live))).limits.find(
    ({ kind }) => kind === 'in_force_at_once',
  )?.reason;

t.test('a policy that is on is warned about when it is written', async (t) => {
  t.match(warningOf(access()), /blocks the sign-in of all users\. It excludes nobody/);
  t.match(warningOf(access({}, { excludeGroups: ['g'] })), /is among those it excludes/);
  t.match(warningOf(access({}, { includeUsers: ['u'] })), /of those it names/);
  t.match(
    warningOf(access({ grantControls: { builtInControls: ['mfa'] } })),
    /sets conditions for the sign-in/,
  );
  t.match(
    warningOf(
      access({
        conditions: { clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] } },
      }),
    ),
    /applies to apps as well/,
  );
  t.ok(warningOf(access(), access({ state: 'disabled' })), 'also when it is turned on again');
});

t.test('nothing is warned about when it is off, only reports, or is left as it is', async (t) => {
  for (const state of ['disabled', 'enabledForReportingButNotEnforced'])
    t.equal(warningOf(access({ state })), undefined);
  t.equal(warningOf(access(), access()), undefined);
});
