import t from 'tap';
import { GraphError } from '../../../src/graph/client/graph-error.js';
import { whyUnread } from '../../../src/operations/handling/why-unread.js';
import type { PolicyType } from '../../../src/policies/catalogue/policy-types.js';
import { policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';

const type = policyTypeNamed('deviceHealthScripts') as PolicyType;
const refused = (status: number, lacksLicence = false) =>
  new GraphError({ problem: 'status', status, method: 'GET', path: type.path, lacksLicence });

t.test('a type that needs what the tenant lacks is skipped with its name, any other fails', async (t) => {
  const cases: readonly (readonly [GraphError, readonly string[] | null, object])[] = [
    [refused(400, true), [type.permission], { outcome: 'skipped', reasonCode: 'licence_missing' }],
    [
      refused(403),
      [],
      { outcome: 'skipped', reasonCode: 'permission_missing', reason: /Scripts\.Read\.All, which/ },
    ],
    [refused(403), [type.permission.replace('.Read.', '.ReadWrite.')], { outcome: 'failed' }],
    [refused(403), null, { outcome: 'failed', reasonCode: 'graph_forbidden', reason: /Scripts\.Read\.All/ }],
    [refused(500), [], { outcome: 'failed', reasonCode: 'graph_unavailable' }],
  ];
  for (const [error, permissions, expected] of cases) t.match(whyUnread(type, error, permissions), expected);
});
