import { z } from 'zod';
import type { DirectorySection } from '../entities/directory/directory.js';
import { groupBy } from '../group-by.js';
import { canonicalJson } from '../ledger/canonical-json.js';
import {
  type ArtifactAccess,
  type ContentLoss,
  LOSS_IN_WORDS,
  readContent,
} from '../snapshots/artifact-access.js';
import { type DirectoryRow, type DirectoryRows, directoryKey } from './directory-object.js';

/** The stored content of a tenant's directory cache is gone, or can't be read. */
export class DirectoryContentGoneError extends Error {
  override readonly name = 'DirectoryContentGoneError';
  constructor(loss: ContentLoss) {
    super(
      `The stored directory of this tenant ${LOSS_IN_WORDS[loss]}. A new synchronization reads it again.`,
    );
  }
}

/** Largest part, unless there are more than 256 parts of this size. */
const PART_ROWS = 256;
/** Parts are distinguished by at most this many characters of the ids, which makes 256 parts for GUIDs. */
const PREFIX_MAX = 2;

const indexSchema = z.strictObject({
  /** How many characters of a key name its part. */
  prefixLength: z.int().min(0).max(PREFIX_MAX),
  /** The addresses of the parts by prefix. */
  parts: z.record(z.string(), z.string()),
});
type Index = z.output<typeof indexSchema>;

const partSchema = z.array(z.record(z.string(), z.json()));

/**
 * Stores rows in parts by the beginnings of their ids, so that a change rewrites only its part. Equal rows have the
 * same address.
 */
export async function keepRows(
  artifacts: ArtifactAccess,
  tenantId: string,
  rows: DirectoryRows,
): Promise<{ readonly index: string; readonly parts: readonly string[] }> {
  const prefixLength = prefixLengthOf(rows.size);
  const sorted = [...rows].sort(([one], [other]) => (one < other ? -1 : 1));
  const parts: Record<string, string> = {};
  for (const [prefix, part] of groupBy(sorted, ([key]) => key.slice(0, prefixLength)))
    parts[prefix] = await artifacts.put(tenantId, Buffer.from(canonicalJson(part.map(([, row]) => row))));
  const index = await artifacts.put(tenantId, Buffer.from(canonicalJson({ prefixLength, parts })));
  return { index, parts: Object.values(parts) };
}

function prefixLengthOf(rows: number): number {
  if (rows <= PART_ROWS) return 0;
  return rows <= 16 * PART_ROWS ? 1 : PREFIX_MAX;
}

/** All rows of a section. Errors: DirectoryContentGoneError; those of the artifact store. */
export async function readRows(
  artifacts: Pick<ArtifactAccess, 'get'>,
  tenantId: string,
  section: Pick<DirectorySection, 'index'>,
): Promise<DirectoryRows> {
  const { parts } = await readIndex(artifacts, tenantId, section);
  return readParts(artifacts, tenantId, Object.values(parts));
}

/** The rows of a section with these ids, as far as there are such. Errors: as `readRows`. */
export async function readRowsOf(
  artifacts: Pick<ArtifactAccess, 'get'>,
  tenantId: string,
  section: Pick<DirectorySection, 'index'>,
  ids: readonly string[],
): Promise<DirectoryRows> {
  const { prefixLength, parts } = await readIndex(artifacts, tenantId, section);
  const keys = new Set(ids.map(directoryKey));
  const addresses = new Set([...keys].flatMap((key) => parts[key.slice(0, prefixLength)] ?? []));
  const rows = await readParts(artifacts, tenantId, [...addresses]);
  return new Map([...rows].filter(([key]) => keys.has(key)));
}

/** The addresses of a section's parts. Errors: as `readRows`. */
export async function partAddresses(
  artifacts: Pick<ArtifactAccess, 'get'>,
  tenantId: string,
  section: Pick<DirectorySection, 'index'>,
): Promise<readonly string[]> {
  return Object.values((await readIndex(artifacts, tenantId, section)).parts);
}

async function readIndex(
  artifacts: Pick<ArtifactAccess, 'get'>,
  tenantId: string,
  { index }: Pick<DirectorySection, 'index'>,
): Promise<Index> {
  return indexSchema.parse(await readJson(artifacts, tenantId, index));
}

async function readParts(
  artifacts: Pick<ArtifactAccess, 'get'>,
  tenantId: string,
  addresses: readonly string[],
): Promise<DirectoryRows> {
  const rows = new Map<string, DirectoryRow>();
  for (const address of addresses)
    for (const row of partSchema.parse(await readJson(artifacts, tenantId, address)))
      rows.set(directoryKey(String(row.id)), row as DirectoryRow);
  return rows;
}

async function readJson(
  artifacts: Pick<ArtifactAccess, 'get'>,
  tenantId: string,
  address: string,
): Promise<unknown> {
  const content = await readContent(artifacts, tenantId, address);
  if ('loss' in content) throw new DirectoryContentGoneError(content.loss);
  return JSON.parse(Buffer.from(content.bytes).toString('utf8'));
}
