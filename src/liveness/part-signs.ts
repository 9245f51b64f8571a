import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import { Periodic } from '../timing/periodic.js';

/** The parts that say that they live: each process by its roles, and who looks after the runs of all. */
const PARTS = ['web', 'worker', 'projector', 'dispatcher', 'watchdog'] as const;
export type PartName = (typeof PARTS)[number];

/** What a part says of itself. */
export interface PartWord {
  readonly part: PartName;
  /** Unique among the running parts of this kind. */
  readonly name: string;
  readonly appVersion: string;
  /** The operation types that a worker takes; undefined for other parts. */
  readonly types?: readonly string[] | undefined;
  readonly runsInHand?: number | undefined;
  /** What keeps it from its work, in words. */
  readonly trouble?: string | undefined;
}

/** What a part last said, and how long ago by the database's clock, milliseconds. */
export interface HeardPart extends PartWord {
  readonly silentMs: number;
}

export interface PartSigns {
  say(word: PartWord): Promise<void>;
  /** Removes what a part that stops has said. */
  leave(part: PartName, name: string): Promise<void>;
  heard(): Promise<readonly HeardPart[]>;
  /** Removes words, verdicts, waits and signs of runs that nobody has renewed for a day. */
  clearOld(): Promise<void>;
}

/** A part that says nothing for so long counts as gone, milliseconds. */
export const PART_SILENT_AFTER_MS = 15_000;
/** A type that no worker was heard to take for so long is told, milliseconds. */
export const TYPE_SILENT_AFTER_MS = 120_000;
const SAY_EVERY_MS = 3_000;

/** Says every few seconds what the parts of this process have to say. */
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
