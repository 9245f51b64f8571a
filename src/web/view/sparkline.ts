/** Counts of the last hours as bars, the present hour last; sizes in units of the SVG. */
export interface Sparkline {
  readonly width: number;
  readonly height: number;
  readonly bars: readonly {
    readonly x: number;
    readonly y: number;
    readonly height: number;
    readonly count: number;
  }[];
  readonly total: number;
}

export const SPARKLINE_HOURS = 24;
export const SPARKLINE_HEIGHT = 20;
/** The width of one bar and the gap after it. */
export const SPARKLINE_STEP = 4;
/** A single failure beside thousands must still be visible. */
const BAR_HEIGHT_MIN = 2;

/**
 * The bars of a group. `counts` holds the failures of each hour, counted in hours since 1970; `hour` is the present
 * one.
 */
export function sparkline(counts: ReadonlyMap<number, number>, hour: number): Sparkline {
  const hours = Array.from({ length: SPARKLINE_HOURS }, (_, index) => hour - SPARKLINE_HOURS + 1 + index);
  const each = hours.map((one) => counts.get(one) ?? 0);
  const most = Math.max(...each);
  return {
    width: SPARKLINE_HOURS * SPARKLINE_STEP,
    height: SPARKLINE_HEIGHT,
    total: each.reduce((sum, count) => sum + count, 0),
    bars: each.flatMap((count, index) => {
      if (count === 0) return [];
      const height = Math.max(BAR_HEIGHT_MIN, Math.round((count / most) * SPARKLINE_HEIGHT));
      return [{ x: index * SPARKLINE_STEP, y: SPARKLINE_HEIGHT - height, height, count }];
    }),
  };
}
