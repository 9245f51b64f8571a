/** The counts of a run as a bar of segments; this wide in lists, in units of its SVG. */
export const BAR_WIDTH = 120;

export interface BarCounts {
  readonly total: number | null;
  readonly processed: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  /** Null while the run goes on. */
  readonly finished_at: number | null;
}

export interface BarSegment {
  readonly kind: 'succeeded' | 'failed' | 'skipped';
  readonly x: number;
  readonly width: number;
}

/** Narrowest segment that can be seen; a single failure among thousands must not vanish. */
const SEGMENT_WIDTH_MIN = 7;

/**
 * Segments in the order succeeded, skipped, failed. They fill the part of the bar that is processed; without a known
 * total the processed items of an ended run are the whole, and one that goes on has no segments, because no part of
 * an unknown whole can be drawn. Empty when nothing is processed.
 */
export function barSegments(counts: BarCounts, barWidth = BAR_WIDTH): readonly BarSegment[] {
  if (counts.total === null && counts.finished_at === null) return [];
  const whole = Math.max(counts.total ?? counts.processed, counts.processed);
  if (whole === 0) return [];
  const kinds = (['succeeded', 'skipped', 'failed'] as const).filter((kind) => counts[kind] > 0);
  const widths = kinds.map((kind) => Math.max(SEGMENT_WIDTH_MIN, (counts[kind] / whole) * barWidth));
  const excess = Math.max(0, widths.reduce((sum, width) => sum + width, 0) - barWidth);
  const widest = widths.indexOf(Math.max(...widths));
  const segments: BarSegment[] = [];
  let x = 0;
  for (const [index, kind] of kinds.entries()) {
    const width = (widths[index] ?? 0) - (index === widest ? excess : 0);
    segments.push({ kind, x: round(x), width: round(width) });
    x += width;
  }
  return segments;
}

/** What the bar says, in words: "13 of 14". */
export function barText(counts: BarCounts): string {
  if (counts.processed === 0 && !counts.total) return '';
  const format = new Intl.NumberFormat('en-GB').format;
  if (counts.total === null)
    return `${format(counts.processed)}${counts.finished_at === null ? ' so far' : ''}`;
  const done = counts.processed < counts.total ? counts.processed : counts.succeeded + counts.skipped;
  return `${format(done)} of ${format(counts.total)}`;
}

const round = (value: number) => Math.round(value * 100) / 100;
