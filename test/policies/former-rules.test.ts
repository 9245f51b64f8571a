import { readFileSync } from 'node:fs';
import t from 'tap';
import { packageRoot } from '../../src/app-version.js';
import { canonicalJson, type Json } from '../../src/ledger/canonical-json.js';
import { policyTypeNamed } from '../../src/policies/catalogue/policy-types.js';
import { FORMER_RULES, type FormerRules } from '../../src/policies/former-rules/former-rules.js';
import { COMPARING_RULES } from '../../src/policies/hash-inputs.js';
import type { Attached, PolicyDocument } from '../../src/policies/policy-document.js';

const LATER_CONTENT: readonly (readonly [string, Attached, Attached])[] = [
  ['windowsDriverUpdateProfiles', {}, { driverInventories: [{ name: 'Audio', approvalStatus: 'declined' }] }],
  ['mobileApps', {}, { categories: [{ displayName: 'Business' }], relationships: [{ targetId: 'x' }] }],
  [
    'roleDefinitions',
    { roleAssignments: [{ id: 'a', members: ['b'] }] },
    { roleAssignments: [{ id: 'a', members: ['b'], roleScopeTags: [{ id: '1' }] }] },
  ],
];

t.test('content that inventories read only since rules 5 doesn’t count under former rules', (t) => {
  for (const [name, before, now] of LATER_CONTENT) {
    const type = policyTypeNamed(name);
    if (!type) throw new Error(name);
    const document = { raw: { id: 'p', displayName: 'A policy' }, settings: null, assignments: [] };
    const input = (rules: FormerRules, attached: Attached) =>
      canonicalJson(rules.contentHashInput(type, { ...document, attached }));
    for (const rules of FORMER_RULES)
      t.equal(input(rules, now), input(rules, before), `${name} under rules ${rules.version}`);
  }
  t.end();
});

t.test('the uploaded content of an app counts under rules 1, and again since rules 5', (t) => {
  const type = policyTypeNamed('mobileApps');
  if (!type) throw new Error('mobileApps');
  const input = (rules: FormerRules, committedContentVersion: string) =>
    canonicalJson(
      rules.contentHashInput(type, {
        raw: { id: 'p', displayName: 'An app', committedContentVersion },
        settings: null,
        assignments: [],
      }),
    );
  for (const rules of FORMER_RULES)
    t.equal(input(rules, '1') === input(rules, '2'), rules.version > 1, `rules ${rules.version}`);
  t.end();
});

/** The hash inputs of each version of the rules, recorded by the release with that version. They never change. */
interface Recorded {
  readonly policyType: string;
  readonly document: PolicyDocument;
  readonly content: Json;
  readonly assignments: Json;
}

t.test('former rules still make the recorded hash inputs', (t) => {
  t.same(
    FORMER_RULES.map(({ version }) => version),
    Array.from({ length: COMPARING_RULES - 1 }, (_, index) => COMPARING_RULES - 1 - index),
    'every earlier version is kept',
  );
  for (const rules of FORMER_RULES) {
    const file = `${packageRoot}/test/fixtures/rules-${rules.version}/hash-inputs.json`;
    for (const recorded of JSON.parse(readFileSync(file, 'utf8')) as Recorded[]) {
      const type = policyTypeNamed(recorded.policyType);
      if (!type) throw new Error(recorded.policyType);
      const { document, content, assignments } = recorded;
      t.equal(canonicalJson(rules.contentHashInput(type, document)), canonicalJson(content));
      t.equal(canonicalJson(rules.assignmentsHashInput(document)), canonicalJson(assignments));
    }
  }
  t.end();
});
