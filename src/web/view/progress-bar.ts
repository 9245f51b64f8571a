import { number } from './format.js';

/** The width of a run's progress bar in lists, in units of its SVG. */
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

/** The narrowest visible segment, so that a single failure among thousands can be seen. */
const SEGMENT_WIDTH_MIN = 7;

/**
 * Segments in the order succeeded, skipped, failed. They fill the processed part of the bar. Without a known total the
 * processed items of an ended run fill the whole bar, and a run that goes on has no segments, because its share of the
 * total is unknown. Empty when nothing is processed.
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

/** A run's bar as it is drawn. */
export interface ProgressBar {
  readonly width: number;
  readonly segments: readonly BarSegment[];
  /** Whether the run goes on and its total isn't known. */
  readonly isUnknown: boolean;
}

/** The bar of a run, or null for an ended run without items and a run that hasn't begun. */
export function barOf(run: BarCounts & { readonly bucket: string }, width = BAR_WIDTH): ProgressBar | null {
  const segments = barSegments(run, width);
  if (segments.length === 0 && run.bucket !== 'running') return null;
  return { width, segments, isUnknown: run.total === null && run.finished_at === null };
}

/** The text beside the bar: "13 of 14". */
export function barText(counts: BarCounts): string {
  if (counts.processed === 0 && !counts.total) return '';
  if (counts.total === null)
    return `${number(counts.processed)}${counts.finished_at === null ? ' so far' : ''}`;
  const done = counts.processed < counts.total ? counts.processed : counts.succeeded + counts.skipped;
  return `${number(done)} of ${number(counts.total)}`;
}

const round = (value: number) => Math.round(value * 100) / 100;
