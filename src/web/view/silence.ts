/** A running run without a sign of life for longer than this is told as silent. `views/assets/hub.js` has it as well. */
export const SILENT_AFTER_MS = 60_000;

/** Whether a last sign of life is too old to count as one. */
export const isSilent = (beatAt: number, now: number): boolean => now - beatAt > SILENT_AFTER_MS;
