import {
  policyEntity,
  policyKeyOf,
  snapshotIdOf,
  WITHHELD_PLACE_LENGTH_MAX,
  WITHHELD_PLACES_MAX,
} from '../entities/policy/policy.js';
import type { GraphCall } from '../graph/client/graph-call.js';
import type { GraphReader } from '../graph/client/graph-client.js';
import type { WholePolicy } from '../graph/policies/read-whole.js';
import { RevisionConflictError } from '../ledger/event-log.js';
import type { EventDraft } from '../ledger/event-registry.js';
import type { LedgerReader } from '../ledger/ledger.js';
import type { StreamHead } from '../ledger/stream-head.js';
import type { PolicyType } from '../policies/catalogue/policy-types.js';
import type { FlatPolicy } from '../policies/flat-policy.js';
import { flattenPolicy } from '../policies/flatten-policy.js';
import { COMPARING_RULES } from '../policies/hash-inputs.js';
import { bounded } from '../runs/run-events.js';
import { sanitizeText } from '../sanitize/index.js';
import type { ArtifactAccess } from './artifact-access.js';
import { nameTheSame } from './kept-references.js';
import { type ComparedHashes, comparedHashesOf, nameHashOf } from './policy-hashes.js';
import {
  isContentStored,
  readReferences,
  readSnapshotContent,
  SnapshotContentGoneError,
} from './read-snapshot.js';
import { shownId, shownName } from './shown-policy.js';
import { lastSnapshot, type Snapshot, type SnapshotFacts } from './snapshot.js';
import { storeContents } from './store-contents.js';

/** The part of a run that captures. `produce` appends an event only once, also when another attempt repeats it. */
export interface CapturingRun {
  readonly tenantId: string;
  readonly runId: string;
  produce(stream: string, draft: EventDraft, expected: StreamHead): Promise<{ readonly revision: number }>;
}

export interface CaptureServices {
  readonly ledger: LedgerReader;
  readonly artifacts: ArtifactAccess;
}

/**
 * `captured`: this run stored the policy as a new snapshot. `unchanged`: the newest snapshot is equal to the policy.
 */
export interface Captured {
  readonly kind: 'captured' | 'unchanged';
  readonly snapshot: Snapshot;
}

/**
 * Reads one complete policy and stores it as a new snapshot, unless the newest snapshot has the same content, the
 * same assignments and the same names of what it refers to. Every snapshot is complete. Secrets that Graph withholds
 * stay withheld: the snapshot has Graph's answer, and nothing is fetched in plain text. Errors: GraphError, or the
 * signal's reason; those of the run, the ledger and the artifact store.
 */
export async function captureSnapshot(
  services: CaptureServices,
  graph: Pick<GraphReader, 'readWhole'>,
  run: CapturingRun,
  policy: { readonly type: PolicyType; readonly id: string; readonly call?: GraphCall },
): Promise<Captured> {
  const whole = await graph.readWhole(policy.type, policy.id, policy.call);
  return keepSnapshot(services, run, whole);
}

/**
 * Stores a policy that was read completely as a new snapshot, unless the newest snapshot is equal. Errors: as above.
 */
export async function keepSnapshot(
  { ledger, artifacts }: CaptureServices,
  run: CapturingRun,
  whole: WholePolicy,
): Promise<Captured> {
  const { tenantId, runId } = run;
  const policyId = shownId(whole.policy);
  const policyKey = policyKeyOf(tenantId, whole.policy.type.name, policyId);
  const stream = policyEntity.stream(tenantId, policyKey);
  const flat = flattenPolicy(whole.policy.type, whole.policy);
  const hashes = await comparedHashesOf(artifacts, tenantId, {
    type: whole.policy.type,
    document: whole.policy,
    flat,
  });
  let facts: SnapshotFacts | undefined;
  for (;;) {
    const { snapshot: last, head } = await lastSnapshot(ledger, tenantId, policyKey);
    if (last && (await isSameContent(artifacts, tenantId, last, whole, hashes)))
      // A snapshot of this run was captured by an earlier attempt, before its outcome was recorded.
      return { kind: last.runId === runId ? 'captured' : 'unchanged', snapshot: last };
    facts ??= await store(artifacts, tenantId, whole, { policyId, flat, hashes });
    try {
      const { revision } = await run.produce(stream, { type: 'SnapshotCaptured', data: facts }, head);
      const snapshot = { ...facts, id: snapshotIdOf(policyKey, revision), policyKey, runId };
      return { kind: 'captured', snapshot };
    } catch (error) {
      // Another run captured the policy meanwhile; its snapshot may be equal.
      if (!(error instanceof RevisionConflictError)) throw error;
    }
  }
}

/** Stores the contents first, so that an event refers only to contents that are on disk. */
async function store(
  artifacts: ArtifactAccess,
  tenantId: string,
  whole: WholePolicy,
  known: { readonly policyId: string; readonly flat: FlatPolicy; readonly hashes: ComparedHashes },
): Promise<SnapshotFacts> {
  const { policy } = whole;
  const [contents, nameHash] = await Promise.all([
    storeContents(artifacts, tenantId, whole),
    nameHashOf(artifacts, tenantId, policy.name),
  ]);
  return {
    policyType: policy.type.name,
    policyId: known.policyId,
    name: shownName(policy),
    nameHash,
    ...contents,
    ...known.hashes,
    rulesVersion: COMPARING_RULES,
    withheld: withheldIn(known.flat),
  };
}

function withheldIn({ withheld }: FlatPolicy): SnapshotFacts['withheld'] {
  const places = withheld
    .slice(0, WITHHELD_PLACES_MAX)
    .map((place) => bounded(sanitizeText(place), WITHHELD_PLACE_LENGTH_MAX));
  return { count: withheld.length, places };
}

async function isSameContent(
  artifacts: ArtifactAccess,
  tenantId: string,
  last: Snapshot,
  { policy, references }: WholePolicy,
  now: ComparedHashes,
): Promise<boolean> {
  try {
    const before =
      last.rulesVersion === COMPARING_RULES
        ? last
        : await hashesUnderPresentRules(artifacts, tenantId, policy.type, last);
    if (before.contentHash !== now.contentHash || before.assignmentsHash !== now.assignmentsHash)
      return false;
    if (!(await isContentStored(artifacts, tenantId, last))) return false;
    return nameTheSame(await readReferences(artifacts, tenantId, last), references);
  } catch (error) {
    // A content that is lost is stored again.
    if (error instanceof SnapshotContentGoneError) return false;
    throw error;
  }
}

/**
 * The snapshot's hashes come from another version of the comparing rules, so they are calculated again from its
 * content.
 */
async function hashesUnderPresentRules(
  artifacts: ArtifactAccess,
  tenantId: string,
  type: PolicyType,
  last: Snapshot,
): Promise<ComparedHashes> {
  const { policy } = await readSnapshotContent(artifacts, tenantId, last);
  return comparedHashesOf(artifacts, tenantId, { type, document: policy });
}
