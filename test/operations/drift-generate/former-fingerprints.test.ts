import { readFileSync } from 'node:fs';
import t from 'tap';
import { packageRoot } from '../../../src/app-version.js';
import type { RawEvent } from '../../../src/ledger/event-log.js';
import { isEvent } from '../../../src/ledger/event-registry.js';
import { FindingsDetected } from '../../../src/operations/drift-generate/drift-events.js';
import { driftGenerate } from '../../../src/operations/drift-generate/drift-generate.js';
import { inventorySync } from '../../../src/operations/inventory-sync/inventory-sync.js';
import { decodeStoredPolicy, type StoredPolicy } from '../../../src/policies/stored-policy.js';
import { productEvents } from '../../../src/program/product-events.js';
import { createEventBuilder } from '../../support/event-builder.js';
import { createBedArtifacts, createOperationBed, findingsIn } from '../../support/operation-bed.js';
import { scriptedTenant } from '../../support/scripted-tenant.js';

/**
 * Goal: findings that people acknowledged are not detected anew after a release compares better. Method: a log that
 * the first release wrote, with two inventories, their comparison, and all findings acknowledged; this release
 * continues it.
 */
interface Recording {
  readonly runs: { readonly first: string; readonly second: string; readonly drift: string };
  readonly events: readonly RawEvent[];
  readonly artifacts: Readonly<Record<string, string>>;
}
const recording = JSON.parse(
  readFileSync(`${packageRoot}/test/fixtures/rules-1/recorded-log.json`, 'utf8'),
) as Recording;

async function oldLog() {
  const builder = createEventBuilder();
  await builder.restore(recording.events);
  const stored = Object.entries(recording.artifacts).map(
    ([address, text]) => [address, Buffer.from(text)] as const,
  );
  const { state, graph } = scriptedTenant();
  const bed = createOperationBed(graph, { builder, artifacts: createBedArtifacts(new Map(stored)) });
  return { bed, state };
}

/** The tenant when the old release read it the second time, with new modification times only. */
function touchedPolicies() {
  const seen = recording.events.filter(
    ({ type, metadata }) =>
      type === 'InventoryItemsObserved' && Object(metadata).runId === recording.runs.second,
  );
  const documents = seen.flatMap(({ data }) =>
    (Object(data).policies as { artifact: string }[]).map(
      ({ artifact }): StoredPolicy => decodeStoredPolicy(Buffer.from(recording.artifacts[artifact] ?? '')),
    ),
  );
  return documents.map(({ type, raw, settings, assignments }) => ({
    policyType: type,
    id: String(raw.id),
    name: String(raw.name ?? raw.displayName),
    document: { raw: { ...raw, lastModifiedDateTime: '2026-06-01T00:00:00Z' }, settings, assignments },
  }));
}

const acknowledged = recording.events
  .filter(({ type }) => type === 'FindingAcknowledged')
  .map(({ stream }) => stream.split('.').at(-1) ?? '')
  .sort();
const foundThen = recording.events
  .filter(({ type }) => type === 'FindingsDetected')
  .map((event) => productEvents.decode(event))
  .flatMap((event) => (isEvent(event, FindingsDetected) ? event.data.findings : []));

t.test('the same two inventories give the same findings under the same fingerprints', async (t) => {
  const { bed } = await oldLog();
  const { first, second } = recording.runs;
  const run = await bed.run(driftGenerate, { baselineRunId: first, currentRunId: second });
  t.same(
    findingsIn(run)
      .map(({ fingerprint }) => fingerprint)
      .sort(),
    acknowledged,
  );
  t.equal(acknowledged.length, 11);
});

t.test('a new inventory and the old baseline give the same fingerprints too', async (t) => {
  const { bed, state } = await oldLog();
  state.policies = touchedPolicies();
  const current = await bed.run(inventorySync);
  const run = await bed.run(driftGenerate, {
    baselineRunId: recording.runs.first,
    currentRunId: current.runId,
  });
  t.same(
    findingsIn(run)
      .map(({ fingerprint }) => fingerprint)
      .sort(),
    acknowledged,
  );
});

t.test('nothing is drift between an old inventory and a new one of the same policies', async (t) => {
  const { bed, state } = await oldLog();
  state.policies = touchedPolicies();
  await bed.run(inventorySync);
  const run = await bed.run(driftGenerate);
  t.same(findingsIn(run), []);
});

t.test(
  'a finding that nobody reviewed has a fingerprint of the present rules and names its former one',
  async (t) => {
    const reviewed = acknowledged[0] ?? '';
    const builder = createEventBuilder();
    await builder.restore(recording.events.filter(({ stream }) => !stream.endsWith(`.${reviewed}`)));
    const stored = Object.entries(recording.artifacts).map(
      ([address, text]) => [address, Buffer.from(text)] as const,
    );
    const artifacts = createBedArtifacts(new Map(stored));
    const bed = createOperationBed(scriptedTenant().graph, { builder, artifacts });
    const { first, second } = recording.runs;
    const run = await bed.run(driftGenerate, { baselineRunId: first, currentRunId: second });
    const anew = findingsIn(run).filter(({ fingerprint }) => !acknowledged.includes(fingerprint));
    t.equal(anew.length, 1);
    t.same(anew[0]?.formerFingerprints, [reviewed]);
    t.match(
      foundThen.find(({ fingerprint }) => fingerprint === reviewed),
      { kind: anew[0]?.kind, subjectId: anew[0]?.subjectId },
    );
  },
);
