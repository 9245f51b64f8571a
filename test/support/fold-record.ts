import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dispatchProjection } from '../../projections/dispatch/active-runs-projection.js';
import { createRowSets, foldEvent } from '../../projections/engine/fold-batch.js';
import type { AnyModel } from '../../projections/engine/model.js';
import { modelsVersion, type Projection } from '../../projections/engine/projection.js';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { packageRoot } from '../../src/app-version.js';
import { canonicalJson, sha256Hex } from '../../src/ledger/canonical-json.js';
import { type FoldStory, foldStories } from './fold-stories.js';

/** The rows that one model makes from every story. */
export interface FoldedModel {
  /** A digest of the model's table and of the version of its fold. */
  readonly version: string;
  /** Digests of its rows by the name of the story. */
  readonly rows: Readonly<Record<string, string>>;
}

/** The folded stories by the names of the model's projection and table, `hub/runs`. */
export type FoldRecord = Readonly<Record<string, FoldedModel>>;

/** One file for each model, so that changes of different models don't conflict. */
const FOLDER = path.join(packageRoot, 'test/fixtures/folded-rows');
const DIGEST_DIGITS = 12;
const PROJECTIONS: readonly Projection[] = [hubProjection, dispatchProjection];

/** Folds the stories with the present code. */
export async function foldedNow(): Promise<FoldRecord> {
  const stories = await foldStories();
  return Object.assign({}, ...PROJECTIONS.map((projection) => foldedBy(projection, stories)));
}

/** Folds stories with a projection. A story about one event is folded only by the models that want that event. */
export function foldedBy(
  { name: projection, models }: Pick<Projection, 'name' | 'models'>,
  stories: readonly FoldStory[],
): FoldRecord {
  const rows = new Map<AnyModel, Record<string, string>>(models.map((model) => [model, {}]));
  for (const { name, events, about } of stories) {
    const sets = createRowSets(models);
    for (const event of events) foldEvent(models, event, sets);
    for (const [model, digests] of rows) {
      if (about && !model.isWanted(about)) continue;
      const { put, deleted } = sets.of(model.table).changes();
      digests[name] = digestOf([put, deleted]);
    }
  }
  return Object.fromEntries(
    [...rows].map(([model, digests]) => [
      `${projection}/${model.table.name}`,
      { version: modelsVersion([model], [model.table]), rows: digests },
    ]),
  );
}

/** A digest of rows in the form in which they are sent to PostgreSQL. The order of the rows doesn't matter. */
function digestOf(rows: readonly (readonly unknown[])[]): string {
  const texts = rows.map((some) => some.map((row) => canonicalJson(JSON.parse(JSON.stringify(row)))).sort());
  return sha256Hex(JSON.stringify(texts)).slice(0, DIGEST_DIGITS);
}

/**
 * The models whose rows changed for a recorded story although no model of their projection has a new version, as
 * sentences that say what to do. A model may read the rows of others, and they all share one schema.
 */
export function unversionedChanges(recorded: FoldRecord, now: FoldRecord): readonly string[] {
  const models = Object.entries(now);
  const renewed = new Set(
    models.flatMap(([model, { version }]) =>
      recorded[model]?.version === version ? [] : projectionOf(model),
    ),
  );
  return models.flatMap(([model, { rows }]) => {
    const before = recorded[model];
    if (before === undefined || renewed.has(projectionOf(model))) return [];
    const changed = Object.keys(rows).find((story) => {
      const digest = before.rows[story];
      return digest !== undefined && digest !== rows[story];
    });
    if (changed === undefined) return [];
    return `The fold of ${model} makes other rows of the same events (${changed}): raise the foldVersion of its model, then run npm run docs.`;
  });
}

const projectionOf = (model: string): string => model.split('/', 1).join();

export async function readFoldRecord(): Promise<FoldRecord> {
  const files = await readdir(FOLDER, { recursive: true });
  const models = await Promise.all(
    files
      .filter((file) => file.endsWith('.json'))
      .map(async (file) => [
        file.slice(0, -'.json'.length).replaceAll(path.sep, '/'),
        JSON.parse(await readFile(path.join(FOLDER, file), 'utf8')),
      ]),
  );
  return Object.fromEntries(models);
}

/**
 * Updates the record, one file for each model. Returns whether it changed. Throws an Error and writes nothing when a
 * version must be raised first.
 */
export async function writeFoldRecord(): Promise<boolean> {
  const [recorded, now] = await Promise.all([readFoldRecord(), foldedNow()]);
  const changes = unversionedChanges(recorded, now);
  if (changes.length > 0) throw new Error(changes.join('\n'));
  if (canonicalJson(now) === canonicalJson(recorded)) return false;
  await rm(FOLDER, { recursive: true });
  for (const [model, folded] of Object.entries(now)) {
    const file = path.join(FOLDER, `${model}.json`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(folded, null, 2)}\n`);
  }
  return true;
}
