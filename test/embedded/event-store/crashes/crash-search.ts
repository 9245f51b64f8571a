import { DamagedLogError } from '../../../../src/embedded/event-store/storage/storage-errors.js';
import { verifyEventStore } from '../../../../src/embedded/event-store/tools/verify-event-store.js';
import { createSeededChance, type SeededChance } from '../../../support/seeded-chance.js';
import { type Allowed, checkReopened, openStore } from './check-reopened.js';
import { type CrashHistory, type HistoryNote, liveCrashHistory } from './crash-history.js';
import {
  type DiskImage,
  imageAfter,
  imageAfterPowerLoss,
  withScatteredWrite,
  withTornWrite,
  writeImage,
} from './disk-image.js';
import type { DiskOperation } from './recorded-disk.js';
import { StoreModel } from './store-model.js';

export interface CrashSearchOptions {
  readonly seed: number;
  /** Seed of the history and of each crash in it. */
  readonly folders: { readonly life: string; readonly crash: string };
  /** How many writes to the log are torn at every byte; the other writes are torn at a few bytes. */
  readonly tornEverywhere: 'all' | 'one';
  /** Share of the crashes that are tried, chosen by the seed; all of them if not given. */
  readonly share?: number;
}

export interface CrashSearchReport {
  /** The number of crashes that were tried. */
  readonly crashes: number;
  /** The faults that were found, with seed and place, so that they can be reproduced. */
  readonly problems: readonly string[];
}

const FEW_TEARS = 3;
/** A thorough check takes as long as several simple ones. */
const EVERY_WAY_EACH = 4;
const PROBLEMS_MAX = 5;

type LogWrite = Extract<DiskOperation<HistoryNote>, { kind: 'write' }>;

/**
 * Plays the history of a seed and simulates crashes: in every write and between any two operations, as a killed
 * process and as a loss of power.
 */
export async function searchCrashes(options: CrashSearchOptions): Promise<CrashSearchReport> {
  const { seed, folders, share = 1 } = options;
  const history = await liveCrashHistory(seed, folders.life);
  const chance = createSeededChance(seed + 1_000_000);
  const problems = [...history.problems, ...upkeepBeforeAnswers(history)].map(
    (problem) => `seed ${seed}, alive: ${problem}`,
  );
  let crashes = 0;

  async function crash(where: string, image: DiskImage, allowed: Allowed): Promise<void> {
    if (problems.length >= PROBLEMS_MAX || chance.fraction() >= share) return;
    crashes += 1;
    writeImage(folders.crash, image);
    const closeness = crashes % EVERY_WAY_EACH === 0 ? 'every-way' : 'forwards';
    const found = await checkReopened(folders.crash, history.limits, allowed, closeness);
    for (const problem of found) problems.push(`seed ${seed}, ${where}: ${problem}`);
  }

  const tears = tearsOf(history, options.tornEverywhere, chance);
  for (const { at, allowed } of crashPoints(history)) {
    const done = history.operations.slice(0, at);
    const next = history.operations[at];
    const image = imageAfter(done);
    await crash(`killed before operation ${at}`, image, allowed);
    await crash(`power lost before operation ${at}`, imageAfterPowerLoss(done, chance), allowed);
    if (next?.kind !== 'write') continue;
    for (const kept of tears(next)) {
      await crash(`operation ${at} torn at byte ${kept}`, withTornWrite(image, next, kept), allowed);
    }
    if (!next.durable) continue;
    const scattered = withScatteredWrite(imageAfterPowerLoss(done, chance), next, chance);
    await crash(`power lost in operation ${at}`, scattered, allowed);
  }
  return { crashes, problems };
}

/** The changes of files that answers waited for, though only the write of the events may come before them. */
function upkeepBeforeAnswers({ operations }: CrashHistory): readonly string[] {
  let answered = new StoreModel([]).end;
  let since: string[] = [];
  const found: string[] = [];
  for (const [at, operation] of operations.entries()) {
    if (operation.kind === 'write' && operation.durable) since = [];
    else if (operation.kind !== 'note') since.push(`${operation.kind} (operation ${at})`);
    else if (operation.note.kind === 'holds' && operation.note.end > answered) {
      answered = operation.note.end;
      if (since.length > 0) found.push(`an answer waited for ${since.join(', ')}`);
    }
  }
  return found;
}

/** Chooses the bytes at which each write is torn. */
function tearsOf(
  { operations }: CrashHistory,
  tornEverywhere: CrashSearchOptions['tornEverywhere'],
  chance: SeededChance,
): (write: LogWrite) => readonly number[] {
  const logWrites = operations.filter((operation) => operation.kind === 'write' && operation.durable);
  const chosen = logWrites.length > 0 ? chance.pick(logWrites) : undefined;
  return (write) => {
    const { length } = write.bytes;
    const everywhere = write.durable && (tornEverywhere === 'all' || write === chosen);
    if (everywhere) return Array.from({ length: length - 1 }, (_, i) => i + 1);
    return length < 2 ? [] : Array.from({ length: FEW_TEARS }, () => 1 + chance.below(length - 1));
  };
}

/** The moment before each operation, with what a store that crashes there may contain. */
function* crashPoints({
  operations,
}: CrashHistory): Generator<{ readonly at: number; readonly allowed: Allowed }> {
  let models: readonly StoreModel[] = [new StoreModel([])];
  let holds = 0;
  const mayLose = new Set<number>();
  for (const [at, operation] of operations.entries()) {
    if (operation.kind === 'note') {
      const { note } = operation;
      if (note.kind === 'may-hold')
        models = note.after === 'refusal' ? [note.model] : [...models, note.model];
      else if (note.kind === 'may-lose') for (const position of note.positions) mayLose.add(position);
      else holds = Math.max(holds, note.end);
      continue;
    }
    yield { at, allowed: { models, holds, mayLose } };
  }
  yield { at: operations.length, allowed: { models, holds, mayLose } };
}

/**
 * Opens the files that the history of a seed left at its end, after removing, truncating or restoring an earlier
 * state of one file other than the log. All facts are in the log, so the store must answer as before.
 */
export async function searchLostFiles(
  options: Pick<CrashSearchOptions, 'seed' | 'folders'>,
): Promise<CrashSearchReport> {
  const { seed, folders } = options;
  const history = await liveCrashHistory(seed, folders.life);
  const chance = createSeededChance(seed + 2_000_000);
  const { operations, limits } = history;
  const end = [...crashPoints(history)].at(-1);
  if (!end) return { crashes: 0, problems: ['nothing happened'] };
  const image = imageAfter(operations);
  const earlier = imageAfter(operations.slice(0, chance.below(operations.length)));
  const problems: string[] = [];
  let crashes = 0;
  for (const [name, file] of image.names) {
    if (name.endsWith('.log')) continue;
    const content = image.contents.get(file) ?? Buffer.alloc(0);
    const cut = content.subarray(0, chance.below(content.length));
    const older = earlier.contents.get(earlier.names.get(name) ?? -1);
    for (const [harm, left] of [['missing'], ['cut', cut], ['older', older]] as const) {
      if (harm !== 'missing' && left === undefined) continue;
      const names = new Map(image.names);
      if (left === undefined) names.delete(name);
      writeImage(folders.crash, { names, contents: new Map(image.contents).set(file, left ?? content) });
      crashes += 1;
      const allowed = { ...end.allowed, markHarmed: name === 'truncated' };
      const found = await checkReopened(folders.crash, limits, allowed, 'every-way');
      for (const problem of found) problems.push(`seed ${seed}, ${name} ${harm}: ${problem}`);
    }
  }
  return { crashes, problems };
}

const FLIPS = 20;
const LOG_FILE = /^log\/segment-(\d+)\.(\d+)\.log$/;
const HEADER_BYTES = 64;

/**
 * Flips one bit among the events that were answered, at some moment of the history of a seed, with the other files of
 * the store and without them. A start must refuse each of these stores, and verify must say the same of it.
 */
export async function searchFlippedBits(
  options: Pick<CrashSearchOptions, 'seed' | 'folders'>,
): Promise<CrashSearchReport> {
  const { seed, folders } = options;
  const history = await liveCrashHistory(seed, folders.life);
  const chance = createSeededChance(seed + 3_000_000);
  const points = [...crashPoints(history)].filter(({ allowed }) => allowed.holds > 0);
  const problems: string[] = [];
  let crashes = 0;
  for (let flip = 0; flip < FLIPS && points.length > 0; flip++) {
    const { at, allowed } = chance.pick(points);
    const image = imageAfter(history.operations.slice(0, at));
    const place = answeredByte(image, allowed.holds, chance);
    if (!place) continue;
    const bytes = Buffer.from(image.contents.get(place.file) ?? []);
    bytes.writeUInt8(bytes.readUInt8(place.offset) ^ (1 << chance.below(8)), place.offset);
    const bare = chance.fraction() < 0.5;
    const names = bare ? [...image.names].filter(([name]) => LOG_FILE.test(name)) : image.names;
    crashes += 1;
    writeImage(folders.crash, {
      names: new Map(names),
      contents: new Map(image.contents).set(place.file, bytes),
    });
    const wrong = await misjudgedDamage(folders.crash, history.limits);
    const where = `operation ${at}, ${place.name} byte ${place.offset}${bare ? ', log alone' : ''}`;
    if (wrong) problems.push(`seed ${seed}, ${where}: ${wrong}`);
  }
  return { crashes, problems };
}

/** A byte of a log file that is in use, before the position `holds`. */
function answeredByte({ names, contents }: DiskImage, holds: number, chance: SeededChance) {
  const newest = new Map<number, { name: string; file: number; generation: number }>();
  for (const [name, file] of names) {
    const [, base, generation] = LOG_FILE.exec(name) ?? [];
    if (base === undefined || Number(base) >= holds) continue;
    const other = newest.get(Number(base));
    if (!other || other.generation < Number(generation))
      newest.set(Number(base), { name, file, generation: Number(generation) });
  }
  if (newest.size === 0) return undefined;
  const [base, { name, file, generation }] = chance.pick([...newest]);
  const { length } = contents.get(file) ?? Buffer.alloc(0);
  // In a compacted file the events have moved together.
  const end = generation > 0 ? length : Math.min(length, HEADER_BYTES + holds - base);
  // The closing length of the last event may lack zeros that did not arrive.
  const offset = chance.below(end - LAST_LENGTH_BYTES);
  return { name, file, offset };
}

const LAST_LENGTH_BYTES = 4;

/** What a start or verify says wrongly of a damaged store, if anything. */
async function misjudgedDamage(dataDir: string, limits: CrashHistory['limits']): Promise<string | undefined> {
  const { problems } = await verifyEventStore(dataDir);
  let refusal: unknown;
  try {
    await openStore(dataDir, limits).close();
  } catch (error) {
    refusal = error;
  }
  if (!(refusal instanceof DamagedLogError)) return `it opens; verify says ${problems[0] ?? 'whole'}`;
  return problems.includes(refusal.message)
    ? undefined
    : `${refusal.message}, but verify says ${problems[0]}`;
}
