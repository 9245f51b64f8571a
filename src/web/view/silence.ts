/**
 * A running run without a sign of life for longer than this is shown as silent. `views/assets/hub.js` has the same
 * value.
 */
export const SILENT_AFTER_MS = 60_000;

/** Whether the last sign of life is so old that the run counts as silent. A run that isn't running has none. */
export const isSilent = (beatAt: number | null, now: number): boolean =>
  beatAt !== null && now - beatAt > SILENT_AFTER_MS;
