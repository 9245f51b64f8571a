import t from 'tap';
import { driftGenerate } from '../../../src/operations/drift-generate/drift-generate.js';
import { inventorySync } from '../../../src/operations/inventory-sync/inventory-sync.js';
import { LIST_IN_EVENT_MAX, withKeptList } from '../../../src/operations/policy-choice/keep-list.js';
import {
  choiceInWords,
  choiceJson,
  policiesIn,
  policyChoiceSchema,
} from '../../../src/operations/policy-choice/policy-choice.js';
import { choiceProblem, readChoice } from '../../../src/operations/policy-choice/read-choice.js';
import { keepInput } from '../../../src/starting/given-input.js';
import { catalogPolicy, choice } from '../../policies/policy-builder.js';
import { BED_TENANT, createOperationBed } from '../../support/operation-bed.js';
import { scriptedTenant } from '../../support/scripted-tenant.js';

/**
 * Goal: the same choice of policies gives the same operation, however it is written and however many policies it has,
 * and its events stay small.
 */
const TYPE = 'configurationPolicies';
const guid = (n: number) => `aaaaaaaa-0000-4000-8000-${String(n).padStart(12, '0')}`;
const listed = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ policyType: TYPE, policyId: guid(n) }));
const parse = (given: object) => policyChoiceSchema.parse(given);

t.test('a list is a set: its order, its repetitions and the case of ids don’t matter', async (t) => {
  const one = parse({ from: 'list', policies: listed(3) });
  const again = [...listed(3).reverse(), { policyType: TYPE, policyId: guid(1).toUpperCase() }];
  t.same(parse({ from: 'list', policies: again }), one);
  const types = ['intents', 'configurationPolicies', 'intents'];
  const whole = parse({ from: 'tenant', policyTypes: types });
  t.same(choiceJson(whole), { from: 'tenant', policyTypes: ['configurationPolicies', 'intents'] });
  t.same(choiceJson(parse({ from: 'tenant' })), { from: 'tenant' });
});

t.test('policies that can’t be read from Graph are not chosen', async (t) => {
  for (const policyId of ['', '..', 'a/b', 'a b', 'a?b', 'a%2fb', '\ud800', 'x'.repeat(201)])
    t.throws(() => parse({ from: 'list', policies: [{ policyType: TYPE, policyId }] }), policyId);
  t.throws(() => parse({ from: 'list', policies: [{ policyType: 'nothing', policyId: 'a' }] }));
  t.throws(() => parse({ from: 'list', policies: [] }), /names no policy/);
});

t.test('a choice is described in words', async (t) => {
  const run = { runId: `${'1'.repeat(32)}-0` };
  t.equal(choiceInWords(parse({ from: 'list', policies: listed(1) })), '1 policy');
  t.equal(
    choiceInWords(parse({ from: 'kept_list', listHash: 'a'.repeat(64), policies: 5000 })),
    '5,000 policies',
  );
  t.equal(choiceInWords(parse({ from: 'inventory', ...run })), 'all policies of an inventory');
  t.equal(
    choiceInWords(parse({ from: 'findings', ...run, policyTypes: [TYPE] })),
    'settings catalog with findings',
  );
  t.equal(choiceInWords(parse({ from: 'tenant' })), 'all policies');
});

t.test('a long list is kept once and stays small in events', async (t) => {
  const { artifacts } = createOperationBed({});
  const keep = (body: Uint8Array) => artifacts.put(BED_TENANT, body);
  const short = parse({ from: 'list', policies: listed(LIST_IN_EVENT_MAX) });
  t.equal(await withKeptList(short, keep), short);
  const long = await withKeptList(parse({ from: 'list', policies: listed(5000) }), keep);
  t.match(long, { from: 'kept_list', policies: 5000 });
  const other = await withKeptList(parse({ from: 'list', policies: listed(5000).reverse() }), keep);
  t.same(other, long, 'the same policies have the same address');
  t.equal(artifacts.stored.size, 1);
  for (const kept of [short, long]) t.match(keepInput({ choice: choiceJson(kept) }), { input: {} });
  t.equal(policiesIn(long), 5000);
});

t.test('choices are read from the log and from artifacts', async (t) => {
  const { state, graph } = scriptedTenant();
  const bed = createOperationBed(graph);
  const { ledger } = bed.builder;
  const read = (given: object) =>
    readChoice({ ledger, artifacts: bed.artifacts }, BED_TENANT, parse(given) as never);
  const ids = (policies: readonly { policyId: string }[]) => policies.map(({ policyId }) => policyId);
  const policy = (id: string, value = 's_1') =>
    catalogPolicy([choice('s', value)], { id, name: `Policy ${id}` });
  state.policies = [policy('a'), policy('b'), policy('c')];
  await bed.run(inventorySync);
  state.policies = [policy('a'), policy('b', 's_2'), policy('d')];
  state.unreadable = [{ policyType: 'intents', id: 'e', name: 'Unread' }];
  const inventory = await bed.run(inventorySync);
  const drift = await bed.run(driftGenerate);

  t.same(await read({ from: 'inventory', runId: inventory.runId }), [
    { policyType: TYPE, policyId: 'a', name: 'Policy a' },
    { policyType: TYPE, policyId: 'b', name: 'Policy b' },
    { policyType: TYPE, policyId: 'd', name: 'Policy d' },
    { policyType: 'intents', policyId: 'e', name: 'Unread' },
  ]);
  t.same(ids(await read({ from: 'inventory', runId: inventory.runId, policyTypes: ['intents'] })), ['e']);
  t.same(ids(await read({ from: 'findings', runId: drift.runId })), ['b', 'd'], 'without the removed one');
  const keep = (body: Uint8Array) => bed.artifacts.put(BED_TENANT, body);
  const kept = await withKeptList(parse({ from: 'list', policies: listed(300) }), keep);
  t.same(ids(await read(kept)), ids(listed(300)));
  bed.artifacts.stored.clear();
  await t.rejects(read(kept), /The list of chosen policies is gone/);

  const problem = (given: object) => choiceProblem(ledger, BED_TENANT, parse(given));
  t.equal(await problem({ from: 'inventory', runId: inventory.runId }), null);
  t.equal(await problem({ from: 'findings', runId: drift.runId }), null);
  t.match(await problem({ from: 'findings', runId: inventory.runId }), /no such comparison/);
  t.match(await problem({ from: 'inventory', runId: `${'1'.repeat(32)}-0` }), /no such inventory/);
  const active = await bed.builder.queue(BED_TENANT, 'a'.repeat(32));
  t.match(await problem({ from: 'inventory', runId: active }), /hasn’t ended yet/);
});
