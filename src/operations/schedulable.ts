import type { z } from 'zod';
import type { JsonObject } from '../ledger/canonical-json.js';

/** A form field of what a schedule of a type starts. */
export type ScheduleField = {
  /** The property of `given` that it sets. */
  readonly name: string;
  readonly label: string;
  readonly hint: string;
} & (
  | { readonly kind: 'policy_types' }
  | {
      readonly kind: 'number';
      readonly min: number;
      readonly max: number;
      /** The number that the form proposes; null for a number that may be left out. */
      readonly proposed: number | null;
    }
  | { readonly kind: 'flag'; readonly proposed: boolean }
);

/** The due time that a run is started for. */
export interface DueStart {
  readonly scheduleId: string;
  /** In ISO 8601, UTC. */
  readonly dueAt: string;
}

/** How schedules start runs of an operation type. */
export interface Schedulable {
  /** What a schedule keeps for its starts. Checked when it is set and at every start. */
  readonly given: z.ZodType;
  readonly fields: readonly ScheduleField[];
  /** The shortest distance allowed between two due times, milliseconds. */
  readonly leastEveryMs: number;
  /** Set for a type whose scope is the due time: if the operation already exists, nothing is started. */
  readonly oncePerDueTime: boolean;
  /** What a schedule starts, in words: "all policies". Errors: z.ZodError. */
  inWords(given: JsonObject): string;
  /** The input of the start at a due time. Errors: z.ZodError. */
  inputOf(given: JsonObject, due: DueStart): unknown;
}

const QUARTER_OF_AN_HOUR_MS = 15 * 60_000;

/** Declares how schedules start runs of a type. The functions get what the schedule keeps, after it was checked. */
export function schedulable<Given>(declaration: {
  readonly given: z.ZodType<Given>;
  readonly fields: readonly ScheduleField[];
  /** A quarter of an hour by default. */
  readonly leastEveryMs?: number;
  readonly oncePerDueTime?: boolean;
  readonly inWords: (given: Given) => string;
  readonly inputOf: (given: Given, due: DueStart) => object;
}): Schedulable {
  const { given: schema, fields, leastEveryMs = QUARTER_OF_AN_HOUR_MS, oncePerDueTime = false } = declaration;
  return {
    given: schema,
    fields,
    leastEveryMs,
    oncePerDueTime,
    inWords: (given) => declaration.inWords(schema.parse(given)),
    inputOf: (given, due) => declaration.inputOf(schema.parse(given), due),
  };
}
