import type { JsonObject } from '../ledger/canonical-json.js';
import { isJsonObject, objectsIn } from '../ledger/json-values.js';

/** The name of the manifest in an export. It lies beside the folders, so that no policy's file can have it. */
export const MANIFEST_FILE = 'manifest.json';
/** By this value of `form` a program recognises the manifest of an export. */
const MANIFEST_FORM = 'opsledger-export/1';

/** The head of a manifest: facts about the export. */
export interface ManifestHead {
  /** Version of the program that wrote the export. */
  readonly appVersion: string;
  readonly tenant: { readonly id: string; readonly name: string };
  readonly run: string;
  /** When the export was written, ISO 8601 in UTC. */
  readonly exportedAt: string;
  /** Where the policies come from: Graph at that time, or stored snapshots. */
  readonly source: JsonObject;
}

/** The entry of a policy that is in the export. */
export interface ManifestPolicy {
  /** The path of its file in the export. */
  readonly file: string;
  /** The name of its type in the catalogue. */
  readonly type: string;
  readonly id: string;
  /** The exact name. */
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of the file, lower-case hex. */
  readonly sha256: string;
  /** The snapshot that it comes from; null for a policy that the export read from Graph. */
  readonly snapshot: string | null;
  readonly references: readonly ManifestReference[];
  /** The places of secrets that Graph didn't return. A policy that is made from the file lacks them. */
  readonly withheld: readonly string[];
}

/** An object that a policy refers to, by id and by name. */
export interface ManifestReference {
  readonly kind: string;
  readonly id: string;
  readonly name: string | null;
  /** Why there is no name: `not_found`, `not_readable` or `not_asked`. */
  readonly unnamed: string | null;
}

/** A policy that was chosen and is not in the export, or a policy type that couldn't be listed. */
export interface ManifestMissing {
  readonly type: string;
  /** Empty for a policy type. */
  readonly id: string;
  /** The name for people, or the id when the name isn't known. */
  readonly name: string;
  readonly reasonCode: string;
  readonly reason: string;
}

/**
 * The text of the manifest, in pieces. Each policy is one line, so that two manifests can be compared line by line.
 */
export function* manifestText(
  head: ManifestHead,
  policies: Iterable<ManifestPolicy>,
  missing: Iterable<ManifestMissing>,
): Generator<string> {
  const fields = JSON.stringify({ form: MANIFEST_FORM, ...head }, null, 2);
  yield `${fields.slice(0, -'\n}'.length)},\n  "policies": [`;
  yield* lines(policies);
  yield '],\n  "missing": [';
  yield* lines(missing);
  yield ']\n}\n';
}

function* lines(entries: Iterable<ManifestPolicy | ManifestMissing>): Generator<string> {
  let begun = false;
  for (const entry of entries) {
    yield `${begun ? ',' : ''}\n    ${JSON.stringify(entry)}`;
    begun = true;
  }
  if (begun) yield '\n  ';
}

/** The groups that the policies of a manifest refer to and whose names it has; null for any other JSON. */
export function groupsNamedIn(
  value: unknown,
): readonly { readonly id: string; readonly name: string }[] | null {
  if (!isJsonObject(value) || value.form !== MANIFEST_FORM) return null;
  const names = new Map<string, string>();
  for (const policy of objectsIn(value.policies))
    for (const { kind, id, name } of objectsIn(policy.references))
      if (kind === 'group' && typeof id === 'string' && typeof name === 'string') names.set(id, name);
  return [...names].map(([id, name]) => ({ id, name }));
}
