import { readFile, writeFile } from 'node:fs/promises';
import { dispatchProjection } from '../../projections/dispatch/active-runs-projection.js';
import { createRowSets, foldEvent } from '../../projections/engine/fold-batch.js';
import type { Projection } from '../../projections/engine/projection.js';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { packageRoot } from '../../src/app-version.js';
import { canonicalJson, sha256Hex } from '../../src/ledger/canonical-json.js';
import { type FoldStory, foldStories } from './fold-stories.js';

/** Digests of the rows that one projection makes from every story. */
export interface FoldedStories {
  /** The name of the schema, which contains the version of the projection. */
  readonly schema: string;
  /** Digests of rows, by table and by name of the story. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The folded stories by the name of the projection. */
export type FoldRecord = Readonly<Record<string, FoldedStories>>;

const FILE = `${packageRoot}/test/fixtures/folded-rows.json`;
const DIGEST_DIGITS = 12;
const PROJECTIONS: readonly Projection[] = [hubProjection, dispatchProjection];

/** Folds the stories with the present code. */
export async function foldedNow(): Promise<FoldRecord> {
  const stories = await foldStories();
  return Object.fromEntries(
    PROJECTIONS.map((projection) => [projection.name, foldedBy(projection, stories)] as const),
  );
}

/** Folds stories with a projection. A story about one event is folded only by the models that want that event. */
export function foldedBy(
  { models, schema }: Pick<Projection, 'models' | 'schema'>,
  stories: readonly FoldStory[],
): FoldedStories {
  const rows: Record<string, Record<string, string>> = Object.fromEntries(
    models.map(({ table }) => [table.name, {}]),
  );
  for (const { name, events, about } of stories) {
    const sets = createRowSets(models);
    for (const event of events) foldEvent(models, event, sets);
    for (const model of models) {
      if (about && !model.isWanted(about)) continue;
      const { put, deleted } = sets.of(model.table).changes();
      Object.assign(rows[model.table.name] ?? {}, { [name]: digestOf([put, deleted]) });
    }
  }
  return { schema, rows };
}

/** A digest of rows in the form in which they are sent to PostgreSQL. The order of the rows doesn't matter. */
function digestOf(rows: readonly (readonly unknown[])[]): string {
  const texts = rows.map((some) => some.map((row) => canonicalJson(JSON.parse(JSON.stringify(row)))).sort());
  return sha256Hex(JSON.stringify(texts)).slice(0, DIGEST_DIGITS);
}

/**
 * The tables whose rows changed for a recorded story while the version of their projection stayed the same, as
 * sentences that say what to do.
 */
export function unversionedChanges(recorded: FoldRecord, now: FoldRecord): readonly string[] {
  return Object.entries(now).flatMap(([projection, { schema, rows }]) => {
    const before = recorded[projection];
    if (before?.schema !== schema) return [];
    return Object.entries(rows).flatMap(([table, digests]) => {
      const others = Object.keys(digests).filter((story) => {
        const digest = before.rows[table]?.[story];
        return digest !== undefined && digest !== digests[story];
      });
      if (others.length === 0) return [];
      return `The fold of ${table} makes other rows of the same events (${others[0]}): raise the foldVersion of its model, then run npm run docs.`;
    });
  });
}

export async function readFoldRecord(): Promise<FoldRecord> {
  return JSON.parse(await readFile(FILE, 'utf8'));
}

/** Updates the record. Throws an Error and writes nothing when a version must be raised first. */
export async function writeFoldRecord(): Promise<boolean> {
  const [recorded, now] = await Promise.all([readFoldRecord(), foldedNow()]);
  const changes = unversionedChanges(recorded, now);
  if (changes.length > 0) throw new Error(changes.join('\n'));
  const text = `${JSON.stringify(now, null, 2)}\n`;
  if (text === `${JSON.stringify(recorded, null, 2)}\n`) return false;
  await writeFile(FILE, text);
  return true;
}
