import { readFileSync } from 'node:fs';
import t from 'tap';
import { packageRoot } from '../../../src/app-version.js';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import type { RawEvent } from '../../../src/ledger/event-log.js';
import { isEvent } from '../../../src/ledger/event-registry.js';
import { FindingsDetected } from '../../../src/operations/drift-generate/drift-events.js';
import { driftGenerate } from '../../../src/operations/drift-generate/drift-generate.js';
import { inventorySync } from '../../../src/operations/inventory-sync/inventory-sync.js';
import type { PolicyInSet } from '../../../src/policies/compare-policy-sets.js';
import { decodeStoredPolicy, type StoredPolicy } from '../../../src/policies/stored-policy.js';
import { productEvents } from '../../../src/program/product-events.js';
import { plainPolicy } from '../../policies/policy-builder.js';
import { createEventBuilder } from '../../support/event-builder.js';
import {
  type BedRun,
  createBedArtifacts,
  createOperationBed,
  findingsIn,
} from '../../support/operation-bed.js';
import { scriptedTenant } from '../../support/scripted-tenant.js';

/**
 * Goal: findings that people acknowledged are not detected again after a release compares better. Method: logs that
 * earlier releases wrote, with two inventories, their comparison, and all findings acknowledged; this release
 * continues them.
 */
interface Recording {
  readonly runs: { readonly first: string; readonly second: string; readonly drift: string };
  readonly events: readonly RawEvent[];
  readonly artifacts: Readonly<Record<string, string>>;
}

/** The findings in the log of each version of the rules. */
const RECORDED_FINDINGS: ReadonlyMap<number, number> = new Map([
  [1, 11],
  [3, 4],
  [4, 3],
]);

function recordingOf(rules: number): Recording {
  const file = `${packageRoot}/test/fixtures/rules-${rules}/recorded-log.json`;
  return JSON.parse(readFileSync(file, 'utf8')) as Recording;
}

async function continued({ events, artifacts }: Recording) {
  const builder = createEventBuilder();
  await builder.restore(events);
  const stored = Object.entries(artifacts).map(([address, text]) => [address, Buffer.from(text)] as const);
  const { state, graph } = scriptedTenant();
  const bed = createOperationBed(graph, { builder, artifacts: createBedArtifacts(new Map(stored)) });
  return { bed, state };
}

/** The tenant when the old release read it in that run, with new modification times only. */
function touchedPolicies({ events, artifacts }: Recording, runId: string): PolicyInSet[] {
  const seen = events.filter(
    ({ type, metadata }) => type === 'InventoryItemsObserved' && Object(metadata).runId === runId,
  );
  const documents = seen.flatMap(({ data }) =>
    (Object(data).policies as { artifact: string }[]).map(
      ({ artifact }): StoredPolicy => decodeStoredPolicy(Buffer.from(artifacts[artifact] ?? '')),
    ),
  );
  return documents.map(({ type, raw, ...rest }) => ({
    policyType: type,
    id: String(raw.id),
    name: String(raw.name ?? raw.displayName),
    document: { ...rest, raw: { ...raw, lastModifiedDateTime: '2026-06-01T00:00:00Z' } },
  }));
}

const foundThen = ({ events }: Recording) =>
  events
    .filter(({ type }) => type === 'FindingsDetected')
    .map((event) => productEvents.decode(event))
    .flatMap((event) => (isEvent(event, FindingsDetected) ? event.data.findings : []));

const fingerprintsIn = (run: BedRun): string[] =>
  findingsIn(run)
    .map(({ fingerprint }) => fingerprint)
    .sort();

for (const [rules, count] of RECORDED_FINDINGS) {
  const recording = recordingOf(rules);
  const { first, second } = recording.runs;
  const acknowledged = recording.events
    .filter(({ type }) => type === 'FindingAcknowledged')
    .map(({ stream }) => stream.split('.').at(-1) ?? '')
    .sort();

  t.test(`rules ${rules}: the same two inventories give the same fingerprints`, async (t) => {
    const { bed } = await continued(recording);
    const run = await bed.run(driftGenerate, { baselineRunId: first, currentRunId: second });
    t.same(fingerprintsIn(run), acknowledged);
    t.equal(acknowledged.length, count);
  });

  t.test(`rules ${rules}: a new inventory and the old baseline give the same fingerprints`, async (t) => {
    const { bed, state } = await continued(recording);
    state.policies = touchedPolicies(recording, second);
    const current = await bed.run(inventorySync);
    const run = await bed.run(driftGenerate, { baselineRunId: first, currentRunId: current.runId });
    t.same(fingerprintsIn(run), acknowledged);
  });

  t.test(`rules ${rules}: an old inventory and a new one of the same policies are equal`, async (t) => {
    const { bed, state } = await continued(recording);
    state.policies = touchedPolicies(recording, second);
    await bed.run(inventorySync);
    t.same(findingsIn(await bed.run(driftGenerate)), []);
  });

  t.test(`rules ${rules}: a finding that nobody reviewed names its former fingerprint`, async (t) => {
    // Assignments are compared by all rules in the same way.
    const then = foundThen(recording).find(({ kind }) => kind === 'changed');
    const events = recording.events.filter(({ stream }) => !stream.endsWith(`.${then?.fingerprint}`));
    const { bed } = await continued({ ...recording, events });
    const run = await bed.run(driftGenerate, { baselineRunId: first, currentRunId: second });
    const anew = findingsIn(run).filter(({ fingerprint }) => !acknowledged.includes(fingerprint));
    t.equal(anew.length, 1, 'it has a fingerprint of the present rules');
    t.ok(anew[0]?.formerFingerprints.includes(then?.fingerprint ?? ''));
    t.match(anew[0], { kind: then?.kind, subjectId: then?.subjectId });
  });
}

t.test('an order that earlier rules ignored is reported once', async (t) => {
  const recording = recordingOf(3);
  const { bed, state } = await continued(recording);
  const reversed = (policy: PolicyInSet): PolicyInSet => {
    const { onDemandRules } = policy.document.raw;
    if (!Array.isArray(onDemandRules)) return policy;
    const raw = { ...policy.document.raw, onDemandRules: onDemandRules.toReversed() };
    return { ...policy, document: { ...policy.document, raw } };
  };
  const { first } = recording.runs;
  state.policies = touchedPolicies(recording, first).map(reversed);
  const current = await bed.run(inventorySync);
  const found = findingsIn(
    await bed.run(driftGenerate, { baselineRunId: first, currentRunId: current.runId }),
  );
  t.match(found, [
    {
      kind: 'changed',
      name: 'VPN',
      evidence: { settingsChanged: [{ path: 'onDemandRules', words: ['order_changed'] }] },
    },
  ]);
  t.equal(found.length, 1);
  state.policies = touchedPolicies(recording, first).map(reversed);
  await bed.run(inventorySync);
  t.same(findingsIn(await bed.run(driftGenerate)), [], 'the next inventory in this order is equal');
});

t.test(
  'Microsoft’s own roles are not new where an inventory of an earlier version left them out',
  async (t) => {
    const recording = recordingOf(3);
    const { bed, state } = await continued(recording);
    const role = (id: string, roleAssignments: JsonObject[]): PolicyInSet => {
      const { document, ...policy } = plainPolicy('roleDefinitions', { isBuiltIn: true }, { id, name: id });
      return { ...policy, document: { ...document, attached: { roleAssignments } } };
    };
    const { first } = recording.runs;
    state.policies = [
      ...touchedPolicies(recording, first),
      role('unassigned', []),
      role('assigned', [{ id: 'a', members: [] }]),
    ];
    const current = await bed.run(inventorySync);
    const run = await bed.run(driftGenerate, { baselineRunId: first, currentRunId: current.runId });
    t.same(findingsIn(run), []);
    t.match(
      run.items.filter(({ outcome }) => outcome !== 'succeeded'),
      [
        {
          label: 'assigned',
          outcome: 'skipped',
          reasonCode: 'not_comparable',
          reason:
            'The baseline inventory is of a version of Opsledger that did not read Microsoft’s own roles.',
        },
      ],
    );
  },
);

t.test('Microsoft’s new name of its own remediation is no drift', async (t) => {
  const { state, graph } = scriptedTenant();
  const bed = createOperationBed(graph);
  for (const name of ['Update stale policies', 'Update stale Group Policies']) {
    state.policies = [plainPolicy('deviceHealthScripts', { isGlobalScript: true }, { id: 'm', name })];
    await bed.run(inventorySync);
  }
  t.same(findingsIn(await bed.run(driftGenerate)), []);
});

t.test(
  'decisions that inventories read only since rules 5 change no fingerprint of an earlier finding',
  async (t) => {
    const recording = recordingOf(4);
    const { bed, state } = await continued(recording);
    const { first, second } = recording.runs;
    const driverInventories = [{ name: 'Audio', version: '1', approvalStatus: 'declined' }];
    state.policies = touchedPolicies(recording, second).map(({ document, ...policy }) => {
      const isProfile = policy.policyType === 'windowsDriverUpdateProfiles';
      return { ...policy, document: isProfile ? { ...document, attached: { driverInventories } } : document };
    });
    const current = await bed.run(inventorySync);
    const run = await bed.run(driftGenerate, { baselineRunId: first, currentRunId: current.runId });
    const then = foundThen(recording).map(({ fingerprint }) => fingerprint);
    t.same(fingerprintsIn(run), then.sort());
    t.match(
      findingsIn(run).find(({ policyType }) => policyType === 'windowsDriverUpdateProfiles'),
      { evidence: { settingsAdded: [], notCompared: ['driverInventories'] } },
    );
  },
);
