import { access } from 'node:fs/promises';
import path from 'node:path';
import { type Clock, systemClock } from '../../src/clock.js';
import { startEventStore } from '../../src/embedded/event-store/index.js';
import { createEventStoreLog } from '../../src/ledger/event-store-log.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { claimDataFolder } from '../../src/program/instance-file.js';
import { productEvents } from '../../src/program/product-events.js';
import { createSeededChance, type SeededChance } from '../support/seeded-chance.js';
import { driftStory, type Inventories, inventoryStory, SELECTIONS, type Story } from './run-stories.js';
import { createYearWriter, type YearTenant, type YearWriter } from './year-writer.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const YEAR_MS = 365 * DAY_MS;
/** After this many runs of a selection, its two newest inventories are compared. */
const INVENTORIES_A_DRIFT = 4;
/** The part of a run's time slot in which it may begin; the rest is left for its end. */
const BEGINS_WITHIN = 0.5;
const SHORTEST_STEP_MS = 2_000;
const LONGEST_STEP_MS = 12 * MINUTE_MS;
/** A day on which many runs fail. */
const BAD_DAY = { share: 0.05, trouble: 0.6 };
const USUAL_TROUBLE = 0.06;

interface Step {
  readonly at: number;
  act(): Promise<void>;
}

/**
 * Fills an empty data folder with about `runs` runs of the demo's tenants, spread over the year up to `until`
 * (milliseconds since 1970), through the ledger itself. The ledger and the event store share a clock that is moved from
 * event to event, so that every recorded time is checked as it is in use. The same seed writes the same runs. Resolves
 * to their number, because comparisons without two inventories are left out. Errors: a sentence for a folder that holds
 * an event log already; those of `claimDataFolder` and of `startEventStore`.
 */
export async function writeYear(
  dataDir: string,
  { runs, until, seed = 1 }: { readonly runs: number; readonly until: number; readonly seed?: number },
): Promise<{ readonly runs: number }> {
  const folder = path.join(dataDir, 'event-store');
  if (await exists(folder))
    throw new Error(
      `${dataDir} holds an event log already. Name a folder that does not exist yet with --data.`,
    );
  const claimed = await claimDataFolder(dataDir);
  let now = until - YEAR_MS;
  const clock: Clock = { now: () => now, monotonicMs: () => now, sleep: systemClock.sleep };
  const store = await startEventStore({ dataDir: folder, clock });
  const log = createEventStoreLog({ url: store.url, clock });
  try {
    const chance = createSeededChance(seed);
    const ledger = createLedger({ log, events: productEvents, clock, chance });
    const writer = createYearWriter(ledger, chance);
    const tenants = await writer.begin();
    for (const { at, act } of stepsOfYear({ writer, chance, clock, tenants, runs, until })) {
      now = at;
      await act();
    }
    return { runs: writer.runs() };
  } finally {
    await log.close();
    await store.stop();
    await claimed.release();
  }
}

interface Year {
  readonly writer: YearWriter;
  readonly chance: SeededChance;
  readonly tenants: readonly YearTenant[];
  readonly runs: number;
  readonly clock: Clock;
  readonly until: number;
}

/** What happens in the year, in the order of time. Runs of one operation's key follow each other without overlap. */
function stepsOfYear({ writer, chance, clock, tenants, runs, until }: Year): readonly Step[] {
  const from = until - YEAR_MS;
  const lanes = tenants.flatMap((tenant) => SELECTIONS.map((selection) => ({ tenant, selection })));
  const inventories = new Map<YearTenant, Inventories>(tenants.map((tenant) => [tenant, new Map()]));
  const troubles = Array.from({ length: YEAR_MS / DAY_MS + 1 }, () =>
    chance.fraction() < BAD_DAY.share ? BAD_DAY.trouble : USUAL_TROUBLE,
  );
  const steps: Step[] = [];
  for (const [index, { tenant, selection }] of lanes.entries()) {
    const ofLane = Math.floor((runs + index) / lanes.length);
    const share = (until - from) / Math.max(1, ofLane);
    for (let n = 0; n < ofLane; n++) {
      const begins = from + (n + chance.fraction() * BEGINS_WITHIN) * share;
      const trouble = troubles[Math.floor((begins - from) / DAY_MS)] ?? USUAL_TROUBLE;
      const context = { writer, chance, now: clock.now, tenant, trouble };
      const known = inventories.get(tenant) ?? new Map();
      const isDrift = n % INVENTORIES_A_DRIFT === INVENTORIES_A_DRIFT - 1;
      const story = isDrift
        ? driftStory(context, selection, known)
        : inventoryStory(context, selection, known);
      steps.push(...timed(story, begins, (share * (1 - BEGINS_WITHIN)) / story.length, chance));
    }
  }
  return steps.sort((one, other) => one.at - other.at);
}

/** The steps of a run, each at most `longestMs` after the one before; most of them much sooner. */
function timed(story: Story, begins: number, longestMs: number, chance: SeededChance): readonly Step[] {
  let at = begins;
  return story.map((act) => {
    const step = { at: Math.floor(at), act };
    at += Math.min(longestMs, SHORTEST_STEP_MS + LONGEST_STEP_MS * chance.fraction() ** 3);
    return step;
  });
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
