import { parseSnapshotId, policyEntity, SnapshotCaptured } from '../entities/policy/policy.js';
import type { NamedReference } from '../graph/policies/reference-names.js';
import { isEvent } from '../ledger/event-registry.js';
import type { LedgerReader } from '../ledger/ledger.js';
import { policyTypeNamed } from '../policies/catalogue/policy-types.js';
import { referencesOf } from '../policies/references.js';
import { decodeStoredPolicy, type StoredPolicy } from '../policies/stored-policy.js';
import { type ArtifactAccess, type ContentLoss, LOSS_IN_WORDS, readContent } from './artifact-access.js';
import { decodeReferences, withPresentKinds } from './kept-references.js';
import { type Snapshot, snapshotOf } from './snapshot.js';

/** A snapshot with all of its content. */
export interface WholeSnapshot {
  readonly snapshot: Snapshot;
  /** The policy in Graph's form. It contains secrets and is never shown unchanged. */
  readonly policy: StoredPolicy;
  /** The objects that the policy referred to, with their exact names at that time. */
  readonly references: readonly NamedReference[];
}

/** The stored content of a snapshot is gone, or is there and can't be read. */
export class SnapshotContentGoneError extends Error {
  override readonly name = 'SnapshotContentGoneError';
  constructor(snapshotId: string, loss: ContentLoss = 'gone') {
    super(`The stored content of the snapshot ${snapshotId} ${LOSS_IN_WORDS[loss]}.`);
  }
}

type Reading = { readonly ledger: LedgerReader; readonly artifacts: Pick<ArtifactAccess, 'get'> };

/** The facts in a snapshot's event, without its content; undefined when the tenant has no such snapshot. */
export async function findSnapshot(
  ledger: LedgerReader,
  tenantId: string,
  snapshotId: string,
): Promise<Snapshot | undefined> {
  const parsed = parseSnapshotId(snapshotId);
  if (!parsed) return undefined;
  const { policyKey, revision } = parsed;
  const stream = policyEntity.stream(tenantId, policyKey);
  for await (const event of ledger.read(stream, { fromRevision: revision, maxCount: 1 }))
    if (event.revision === revision && isEvent(event, SnapshotCaptured)) return snapshotOf(policyKey, event);
  return undefined;
}

/**
 * Reads a complete snapshot; undefined when the tenant has no such snapshot. Errors: SnapshotContentGoneError; those
 * of the ledger and the artifact store.
 */
export async function readSnapshot(
  { ledger, artifacts }: Reading,
  tenantId: string,
  snapshotId: string,
): Promise<WholeSnapshot | undefined> {
  const snapshot = await findSnapshot(ledger, tenantId, snapshotId);
  return snapshot && { snapshot, ...(await readSnapshotContent(artifacts, tenantId, snapshot)) };
}

/** The content of a snapshot whose event is known. Errors: as `readSnapshot`. */
export async function readSnapshotContent(
  artifacts: Pick<ArtifactAccess, 'get'>,
  tenantId: string,
  snapshot: Pick<Snapshot, 'id' | 'artifact' | 'references' | 'policyType'>,
): Promise<Omit<WholeSnapshot, 'snapshot'>> {
  const policy = decodeStoredPolicy(await stored(artifacts, tenantId, snapshot.id, snapshot.artifact));
  const kept = await readReferences(artifacts, tenantId, snapshot);
  const type = policyTypeNamed(snapshot.policyType);
  return { policy, references: type ? withPresentKinds(kept, referencesOf(type, policy)) : kept };
}

/** Whether the content of a snapshot is stored and can be read. Errors: those of the artifact store. */
export async function isContentStored(
  artifacts: Pick<ArtifactAccess, 'get'>,
  tenantId: string,
  { artifact }: Pick<Snapshot, 'artifact'>,
): Promise<boolean> {
  return 'bytes' in (await readContent(artifacts, tenantId, artifact));
}

/** The references of a snapshot as they were kept. Errors: as `readSnapshot`. */
export async function readReferences(
  artifacts: Pick<ArtifactAccess, 'get'>,
  tenantId: string,
  { id, references }: Pick<Snapshot, 'id' | 'references'>,
): Promise<readonly NamedReference[]> {
  return references === null ? [] : decodeReferences(await stored(artifacts, tenantId, id, references));
}

async function stored(
  artifacts: Pick<ArtifactAccess, 'get'>,
  tenantId: string,
  snapshotId: string,
  address: string,
): Promise<Uint8Array> {
  const content = await readContent(artifacts, tenantId, address);
  if ('loss' in content) throw new SnapshotContentGoneError(snapshotId, content.loss);
  return content.bytes;
}
