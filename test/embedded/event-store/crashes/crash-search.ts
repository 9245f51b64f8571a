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

const HARMS = 20;
const LOG_FILE = /^log\/segment-(\d+)\.(\d+)\.log$/;
const HEADER_BYTES = 64;
const LENGTH_BYTES = 4;
const SECTOR_BYTES = 512;

/** A log file that is in use, with its bytes up to the last answered event. */
interface LogFile {
  readonly name: string;
  readonly file: number;
  readonly base: number;
  readonly bytes: Buffer;
  readonly isLast: boolean;
  readonly compacted: boolean;
}

/**
 * Damages the answered part of a log at some moment of the history of a seed: a flipped bit, a lost sector, a lost end or
 * a lost file, with the other files of the store, with some of them and without. A start must refuse each of these
 * stores, and verify must say the same of it.
 */
export async function searchDamage(
  options: Pick<CrashSearchOptions, 'seed' | 'folders'>,
): Promise<CrashSearchReport> {
  const { seed, folders } = options;
  const history = await liveCrashHistory(seed, folders.life);
  const chance = createSeededChance(seed + 3_000_000);
  const points = [...crashPoints(history)].filter(({ allowed }) => allowed.holds > HEADER_BYTES);
  const problems: string[] = [];
  let crashes = 0;
  for (let n = 0; n < HARMS && points.length > 0; n++) {
    const { at, allowed } = chance.pick(points);
    const left = chance.pick(['all', 'head', 'index', 'log'] as const);
    const image = withFiles(imageAfter(history.operations.slice(0, at)), left);
    const harm = harmed(image, allowed.holds, chance);
    if (!harm) continue;
    crashes += 1;
    writeImage(folders.crash, harm.image);
    const wrong = await misjudgedDamage(folders.crash, history.limits);
    if (wrong) problems.push(`seed ${seed}, operation ${at}, ${harm.what}, with ${left}: ${wrong}`);
  }
  return { crashes, problems };
}

/** The image with the log and, of the other files, only the mark of its end or only the index. */
function withFiles({ names, contents }: DiskImage, left: 'all' | 'head' | 'index' | 'log'): DiskImage {
  const stays = (name: string) =>
    left === 'all' || LOG_FILE.test(name) || name === left || name.startsWith(`${left}/`);
  return { names: new Map([...names].filter(([name]) => stays(name))), contents };
}

/** The image with one damage that must be noticed, and what it is; undefined where the choice has no place. */
function harmed(image: DiskImage, holds: number, chance: SeededChance) {
  const files = logFiles(image, holds);
  const target = chance.pick(files);
  const { name, file, base, bytes, isLast, compacted } = target;
  const knownTo = knownEnd(image);
  const changed = (what: string, content: Buffer) => ({
    what: `${name} ${what}`,
    image: { names: image.names, contents: new Map(image.contents).set(file, content) },
  });
  const all = Buffer.from(image.contents.get(file) ?? []);
  // The closing length of the last event may lack zeros that did not arrive.
  const offset = chance.below(bytes.length - LENGTH_BYTES);
  const harm = chance.pick(['bit', 'sector', 'end', 'file'] as const);
  if (harm === 'bit') {
    all.writeUInt8(all.readUInt8(offset) ^ (1 << chance.below(8)), offset);
    return changed(`bit flipped at byte ${offset}`, all);
  }
  if (harm === 'sector') {
    const end = Math.min(offset - (offset % SECTOR_BYTES) + SECTOR_BYTES, bytes.length);
    // In the last write it can't be told from a write that a crash interrupted.
    const noticed =
      !isLast || compacted || base + end - HEADER_BYTES <= Math.max(knownTo, durableByNewest(bytes));
    if (!noticed) return undefined;
    return changed(`sector lost before byte ${end}`, all.fill(0, offset - (offset % SECTOR_BYTES), end));
  }
  if (harm === 'end') {
    // Between two events of a compacted file only its seal shows it, because events may be missing there.
    const isSealed = image.names.has(name.replace(/\.log$/, '.seal.json'));
    const known = compacted ? isSealed : !isLast || base + offset - HEADER_BYTES < knownTo;
    const noticed = offset >= HEADER_BYTES && known;
    return noticed ? changed(`cut at byte ${offset}`, all.subarray(0, offset)) : undefined;
  }
  // An earlier generation of the file may be there still.
  const alone = [...image.names.keys()].filter(
    (other) => LOG_FILE.exec(other)?.[1] === LOG_FILE.exec(name)?.[1],
  );
  if (alone.length > 1 || (isLast && knownTo <= base)) return undefined;
  const names = new Map(image.names);
  names.delete(name);
  return { what: `${name} lost`, image: { names, contents: image.contents } };
}

/** The log files in use, oldest first; files behind the position `holds` are left out. */
function logFiles({ names, contents }: DiskImage, holds: number): readonly LogFile[] {
  const newest = new Map<number, { name: string; file: number; generation: number }>();
  for (const [name, file] of names) {
    const [, base, generation] = LOG_FILE.exec(name) ?? [];
    const other = newest.get(Number(base));
    if (base !== undefined && (!other || other.generation < Number(generation)))
      newest.set(Number(base), { name, file, generation: Number(generation) });
  }
  const sorted = [...newest].sort(([a], [b]) => a - b);
  return sorted
    .map(([base, { name, file, generation }], i) => {
      const bytes = contents.get(file) ?? Buffer.alloc(0);
      const compacted = generation > 0;
      const answered = compacted ? bytes : bytes.subarray(0, HEADER_BYTES + holds - base);
      return { name, file, base, bytes: answered, isLast: i === sorted.length - 1, compacted };
    })
    .filter(({ base }) => base < holds);
}

/** The position up to which the files beside the log say that it was on disk. */
function knownEnd({ names, contents }: DiskImage): number {
  const bytesOf = (name: string) => contents.get(names.get(name) ?? -1);
  const head = bytesOf('head');
  const manifest = bytesOf('index/manifest.json');
  return Math.max(
    head?.length === 12 ? head.readDoubleLE(0) : 0,
    manifest ? Number(JSON.parse(manifest.toString()).coveredTo) : 0,
  );
}

/** The position up to which the log was on disk when the last of these records was written. */
function durableByNewest(bytes: Buffer): number {
  if (bytes.length <= HEADER_BYTES) return 0;
  return bytes.readDoubleLE(bytes.length - bytes.readUInt32LE(bytes.length - LENGTH_BYTES) + 16);
}

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
