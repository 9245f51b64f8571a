import { addressTime } from '../hub/filter-times.js';
import { OUTCOMES, type OutcomeTimes, type RunOutcome } from '../hub/outcome-times.js';
import { LIMITS } from '../limits.js';
import { count, number, type TimeFrame } from './format.js';
import { wallClock } from './wall-clock.js';

/** Bars of ended runs, stacked by outcome; sizes in units of the SVG. */
export interface OutcomeBars {
  readonly width: number;
  readonly height: number;
  readonly bars: readonly OutcomeBar[];
  /** "Ended since 2 Nov, a bar for 12 h". */
  readonly words: string;
  readonly first: string;
  readonly last: string;
}

export interface OutcomeBar {
  readonly x: number;
  readonly width: number;
  /** The period of the bar, as times for an address. */
  readonly from: string;
  readonly to: string;
  /** "Thu 26 Nov 08:00 to 09:00: 12 succeeded, 1 failed". */
  readonly words: string;
  readonly parts: readonly { readonly outcome: RunOutcome; readonly y: number; readonly height: number }[];
}

const WIDTH = 1152;
const BARS_HEIGHT = 40;
/** A few runs beside thousands must still be visible. */
const PART_HEIGHT_MIN = 2;
const GAP = 2;
const WORDS: Readonly<Record<RunOutcome, string>> = {
  succeeded: 'succeeded',
  partially_succeeded: 'partially',
  failed: 'failed',
};

/** Lays out the bars with succeeded runs at the bottom and failed runs on top. */
export function outcomeBars({ slots, stepMinutes, capped }: OutcomeTimes, time: TimeFrame): OutcomeBars {
  const step = WIDTH / slots.length;
  const most = Math.max(1, ...slots.map(({ counts }) => OUTCOMES.reduce((sum, one) => sum + counts[one], 0)));
  const bars = slots.map(({ from, to, counts }, index): OutcomeBar => {
    let top = BARS_HEIGHT;
    const parts = OUTCOMES.flatMap((outcome) => {
      if (counts[outcome] === 0) return [];
      const height = Math.max(
        PART_HEIGHT_MIN,
        (counts[outcome] / most) * (BARS_HEIGHT - 2 * PART_HEIGHT_MIN),
      );
      top -= height;
      return [{ outcome, y: round(top), height: round(height) }];
    });
    return {
      x: round(index * step),
      width: round(step - Math.min(GAP, step / 4)),
      from: addressTime(from, time.zone),
      to: addressTime(to, time.zone),
      words: `${slotWords(from, to, stepMinutes, time)}: ${countWords(counts)}`,
      parts,
    };
  });
  const newest = capped ? `, among the newest ${number(LIMITS.runsScanned)} that ended` : '';
  return {
    width: WIDTH,
    height: BARS_HEIGHT,
    bars,
    words: `When they ended, ${stepWords(stepMinutes)} a bar${newest}`,
    first: slots[0] ? momentWords(slots[0].from, stepMinutes, time) : '',
    last: slots.at(-1) ? momentWords(slots.at(-1)?.to ?? 0, stepMinutes, time) : '',
  };
}

function countWords(counts: Readonly<Record<RunOutcome, number>>): string {
  const words = OUTCOMES.filter((outcome) => counts[outcome] > 0).map(
    (outcome) => `${number(counts[outcome])} ${WORDS[outcome]}`,
  );
  return words.length === 0 ? 'none' : words.join(', ');
}

const DAY_MINUTES = 1_440;

function stepWords(minutes: number): string {
  if (minutes < 60) return `${minutes} min`;
  if (minutes < DAY_MINUTES) return `${minutes / 60} h`;
  return count(minutes / DAY_MINUTES, 'day');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');

function momentWords(at: number, stepMinutes: number, { zone, now }: TimeFrame): string {
  const clock = wallClock(at, zone);
  const year = clock.year === wallClock(now, zone).year ? '' : ` ${clock.year}`;
  const day = `${clock.day} ${MONTHS[clock.month - 1]}${year}`;
  return stepMinutes < DAY_MINUTES ? `${day} ${two(clock.hour)}:${two(clock.minute)}` : day;
}

function slotWords(from: number, to: number, stepMinutes: number, time: TimeFrame): string {
  if (stepMinutes === DAY_MINUTES) return momentWords(from, stepMinutes, time);
  return `${momentWords(from, stepMinutes, time)} to ${momentWords(to, stepMinutes, time)}`;
}

const round = (value: number): number => Math.round(value * 100) / 100;
