import fc from 'fast-check';
import t from 'tap';
import type { Json, JsonObject } from '../../src/ledger/canonical-json.js';
import { policyName, policyTypeNamed } from '../../src/policies/catalogue/policy-types.js';
import { comparePolicySets, type PolicyInSet } from '../../src/policies/compare-policy-sets.js';
import { flattenPolicy } from '../../src/policies/flatten-policy.js';
import { contentHashInput } from '../../src/policies/hash-inputs.js';
import {
  assignedTo,
  catalogPolicy,
  choice,
  choices,
  groups,
  plainPolicy,
  simple,
  simples,
} from './policy-builder.js';

const word = fc.constantFrom('a', 'b', 'c', 'd');
const leaf: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.tuple(word, word).map(([id, value]) => choice(`choice_${id}`, value)),
  fc.tuple(word, fc.integer()).map(([id, value]) => simple(`simple_${id}`, value, 'Integer')),
  fc.tuple(word, fc.array(word)).map(([id, values]) => simples(`list_${id}`, values)),
);
const instance: fc.Arbitrary<JsonObject> = fc.oneof(
  leaf,
  fc
    .tuple(word, word, fc.array(leaf, { maxLength: 3 }))
    .map(([id, v, inner]) => choice(`outer_${id}`, v, inner)),
  fc
    .tuple(word, fc.array(fc.tuple(word, fc.array(leaf, { maxLength: 2 })), { maxLength: 3 }))
    .map(([id, values]) => choices(`choices_${id}`, values)),
  fc
    .tuple(word, fc.array(word, { maxLength: 3 }))
    .map(([id, values]) => simples(`${id}_servers`, [...new Set(values)].sort())),
  fc
    .tuple(word, fc.array(fc.array(leaf, { maxLength: 3 }), { maxLength: 3 }))
    .map(([id, elements]) => groups(`group_${id}`, elements)),
);
const assignment = fc
  .tuple(fc.constantFrom('groupAssignmentTarget', 'exclusionGroupAssignmentTarget'), word)
  .map(([target, groupId]) => assignedTo(target, { groupId }));
const fields = fc.dictionary(
  fc.constantFrom('one', 'two', 'password', 'rules'),
  fc.jsonValue({ maxDepth: 3 }).map((value) => value as Json),
);
const policy: fc.Arbitrary<PolicyInSet> = fc
  .record({
    id: fc.constantFrom('1', '2', '3', '4', '5'),
    name: fc.constantFrom('x', 'y', 'z', ''),
    catalog: fc.boolean(),
    instances: fc.array(instance, { maxLength: 5 }),
    fields,
    assignments: fc.array(assignment, { maxLength: 3 }),
  })
  .map(({ id, name, catalog, instances, fields, assignments }) =>
    catalog
      ? catalogPolicy(instances, { id, name, assignments })
      : plainPolicy('deviceConfigurations', fields, { id, name, assignments }),
  );
const policies = fc.uniqueArray(policy, { maxLength: 6, selector: (p) => `${p.policyType} ${p.id}` });

/** The policy with every list reversed, except lists whose order matters. Sets have no order. */
function shuffled(value: Json): Json {
  if (Array.isArray(value)) return value.map(shuffled).reverse();
  if (value === null || typeof value !== 'object') return value;
  if (String(value.settingDefinitionId).endsWith('_servers')) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, shuffled(entry)]));
}

function reordered(p: PolicyInSet): PolicyInSet {
  const of = (rows: readonly JsonObject[]) => shuffled([...rows]) as JsonObject[];
  const { raw, settings, assignments } = p.document;
  return {
    ...p,
    document: {
      raw: shuffled(raw) as JsonObject,
      settings: settings && of(settings),
      assignments: of(assignments),
    },
  };
}

t.test('a set of policies has no finding against itself in another order', (t) => {
  fc.assert(
    fc.property(policies, (set) => {
      const found = [...comparePolicySets(set, set), ...comparePolicySets(set, set.map(reordered).reverse())];
      if (found.length > 0) throw new Error(JSON.stringify(found));
    }),
    { numRuns: 300 },
  );
  t.pass('300 sets');
  t.end();
});

t.test('the reverse comparison swaps added and removed, before and after', (t) => {
  const mirror = {
    added: 'removed',
    removed: 'added',
    changed: 'changed',
    assignment_changed: 'assignment_changed',
  };
  fc.assert(
    fc.property(policies, policies, (before, after) => {
      const forth = comparePolicySets(before, after).map((f) =>
        JSON.stringify([
          mirror[f.kind],
          f.policyType,
          f.subjectIdBefore ?? f.subjectId,
          f.settingsRemoved,
          f.settingsAdded,
          f.settingsChanged.map((c) => [c.path, c.after, c.before]),
          f.assignmentsRemoved,
          f.assignmentsAdded,
        ]),
      );
      const back = comparePolicySets(after, before).map((f) =>
        JSON.stringify([
          f.kind,
          f.policyType,
          f.subjectId,
          f.settingsAdded,
          f.settingsRemoved,
          f.settingsChanged.map((c) => [c.path, c.before, c.after]),
          f.assignmentsAdded,
          f.assignmentsRemoved,
        ]),
      );
      if (JSON.stringify(forth.sort()) !== JSON.stringify(back.sort()))
        throw new Error(`${forth.join('\n')}\n--\n${back.join('\n')}`);
    }),
    { numRuns: 300 },
  );
  t.pass('300 pairs of sets');
  t.end();
});

t.test('hash inputs are equal exactly when there is no finding', (t) => {
  const inputOf = (p: PolicyInSet) => {
    const type = policyTypeNamed(p.policyType);
    return (
      type &&
      JSON.stringify(contentHashInput(policyName(type, p.document.raw), flattenPolicy(type, p.document)))
    );
  };
  fc.assert(
    fc.property(policy, policy, (one, other) => {
      fc.pre(one.policyType === other.policyType);
      const twin = { ...other, id: one.id };
      const changed = comparePolicySets([one], [twin]).some(({ kind }) => kind === 'changed');
      if (changed === (inputOf(one) === inputOf(twin)))
        throw new Error(`${changed} ${inputOf(one)} ${inputOf(twin)}`);
    }),
    { numRuns: 500 },
  );
  t.pass('500 pairs of policies');
  t.end();
});
