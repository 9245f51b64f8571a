import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import { Periodic } from '../timing/periodic.js';

/**
 * The parts that give signs of life: each process by its roles, and the dispatcher and the watchdog of all
 * processes.
 */
const PARTS = ['web', 'worker', 'projector', 'dispatcher', 'watchdog'] as const;
export type PartName = (typeof PARTS)[number];

/** What a part reports about itself. */
export interface PartWord {
  readonly part: PartName;
  /** Unique among the running parts of this kind. */
  readonly name: string;
  readonly appVersion: string;
  /** The operation types that a worker takes; undefined for other parts. */
  readonly types?: readonly string[] | undefined;
  readonly runsInHand?: number | undefined;
  /** What prevents it from working, in words. */
  readonly trouble?: string | undefined;
}

/** The last report of a part, and its age by the database's clock, milliseconds. */
export interface HeardPart extends PartWord {
  readonly silentMs: number;
}

export interface PartSigns {
  say(word: PartWord): Promise<void>;
  /** Removes the report of a part that stops. */
  leave(part: PartName, name: string): Promise<void>;
  heard(): Promise<readonly HeardPart[]>;
  /** Removes reports, verdicts, waiting times and signs of life that were not renewed for a day. */
  clearOld(): Promise<void>;
}

/** A part without a report for so long counts as gone, milliseconds. */
export const PART_SILENT_AFTER_MS = 15_000;
/** An operation type that no worker has reported for so long is shown as a problem, milliseconds. */
export const TYPE_SILENT_AFTER_MS = 120_000;
const SAY_EVERY_MS = 3_000;

/** Writes the reports of this process's parts every few seconds. */
export function keepSaying(
  deps: { readonly signs: PartSigns; readonly clock: Clock; readonly logger: Logger },
  words: () => readonly PartWord[],
): Periodic {
  return new Periodic(
    'signs of the parts',
    SAY_EVERY_MS,
    async () => {
      for (const word of words()) await deps.signs.say(word);
    },
    deps,
  );
}
