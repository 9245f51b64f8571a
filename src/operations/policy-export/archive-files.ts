import type { ArchiveFile } from '../../exports/archive.js';
import { filePaths } from '../../exports/file-names.js';
import {
  MANIFEST_FILE,
  type ManifestHead,
  type ManifestMissing,
  type ManifestPolicy,
  manifestText,
} from '../../exports/manifest.js';
import { policyFile } from '../../exports/policy-file.js';
import { sha256Hex } from '../../ledger/canonical-json.js';
import { withoutFields } from '../../ledger/json-values.js';
import { policyName, policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import { flattenPolicy } from '../../policies/flatten-policy.js';
import type { PolicyDocument } from '../../policies/policy-document.js';
import { referenceKey, referencesOf, SCOPE_TAG_FIELDS } from '../../policies/references.js';
import type { ArtifactAccess } from '../../snapshots/artifact-access.js';
import { readSnapshotContent } from '../../snapshots/read-snapshot.js';
import type { ExportedPolicy } from './export-events.js';

/** The content of an archive. */
export interface ArchiveContent {
  /** Aborts the archive. */
  readonly signal: AbortSignal;
  readonly tenantId: string;
  readonly policies: readonly ExportedPolicy[];
  readonly head: ManifestHead;
  readonly missing: readonly ManifestMissing[];
}

/**
 * The files of an export in their order: a file for each policy, then the manifest about those before it. Contents are
 * read when their turn comes. Errors of the contents: SnapshotContentGoneError, those of the artifact store, the
 * signal's reason.
 */
export function archiveFiles(
  artifacts: Pick<ArtifactAccess, 'get'>,
  { signal, tenantId, policies, head, missing }: ArchiveContent,
): readonly ArchiveFile[] {
  const paths = filePaths(
    policies.map(({ policyType, policyId, name }) => ({ folder: policyType, name, id: policyId })),
  );
  const entries: ManifestPolicy[] = [];
  const files = policies.map((policy, index): ArchiveFile => {
    const path = paths[index] ?? '';
    return {
      path,
      async *content() {
        signal.throwIfAborted();
        const { bytes, facts } = await policyContent(artifacts, tenantId, policy);
        entries.push({ file: path, ...facts });
        yield bytes;
      },
    };
  });
  const manifest: ArchiveFile = {
    path: MANIFEST_FILE,
    async *content() {
      yield* manifestText(head, entries, missing);
    },
  };
  return [...files, manifest];
}

async function policyContent(
  artifacts: Pick<ArtifactAccess, 'get'>,
  tenantId: string,
  exported: ExportedPolicy,
): Promise<{ readonly bytes: Buffer; readonly facts: Omit<ManifestPolicy, 'file'> }> {
  const { policyType, policyId, artifact, references, snapshot, without } = exported;
  const type = policyTypeNamed(policyType);
  if (!type) throw new TypeError(`This program doesn't know the policy type ${policyType}.`);
  const stored = await readSnapshotContent(artifacts, tenantId, {
    id: snapshot ?? exported.itemId,
    artifact,
    references,
    policyType,
  });
  const document = partOf(stored.policy, without);
  const bytes = policyFile(type, document, { assignments: !without.includes('assignments') });
  const names = new Map(stored.references.map((reference) => [referenceKey(reference), reference]));
  return {
    bytes,
    facts: {
      type: policyType,
      id: policyId,
      name: policyName(type, document.raw),
      bytes: bytes.length,
      sha256: sha256Hex(bytes),
      snapshot,
      references: referencesOf(type, document).map(
        ({ kind, id }) =>
          names.get(referenceKey({ kind, id })) ?? { kind, id, name: null, unnamed: 'not_asked' },
      ),
      withheld: flattenPolicy(type, document).withheld,
    },
  };
}

function partOf(document: PolicyDocument, without: ExportedPolicy['without']): PolicyDocument {
  const { raw, assignments } = document;
  const tags: readonly string[] = without.includes('scope_tags') ? SCOPE_TAG_FIELDS : [];
  return {
    ...document,
    raw: withoutFields(raw, tags),
    assignments: without.includes('assignments') ? [] : assignments,
  };
}
