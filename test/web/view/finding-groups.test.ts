import t from 'tap';
import type { FindingRow } from '../../../src/web/hub/finding-list.js';
import { findingGroups } from '../../../src/web/view/finding-groups.js';
import { evidenceWith } from '../../support/finding-builder.js';

const finding = (kind: string, policy_type: string, more: Partial<FindingRow> = {}) =>
  ({
    kind,
    policy_type,
    recreated: false,
    name_before: null,
    counterparts: [],
    evidence: evidenceWith({}),
    ...more,
  }) as FindingRow;

t.test('findings are grouped by type, and a policy that moved names its other type', async (t) => {
  const moved = (policyType: string) => ({
    counterparts: [{ fingerprint: 'a'.repeat(32), policyType, subjectId: 'x' }],
  });
  const groups = findingGroups([
    finding('removed', 'intents', moved('configurationPolicies')),
    finding('added', 'configurationPolicies', moved('intents')),
    finding('changed', 'configurationPolicies', { recreated: true, name_before: 'Old name' }),
  ]);
  t.same(
    groups.map(({ label, findings }) => [label, findings.map(({ remarks }) => remarks)]),
    [
      ['Endpoint security', ['probably moved to Settings catalog']],
      ['Settings catalog', ['probably moved from Endpoint security', 're-created · was “Old name”']],
    ],
  );
});
