import { z } from 'zod';
import type { Moment, RunAsOf } from '../hub/run-as-of.js';
import { firstRevision } from '../hub/run-history.js';
import type { RunRow } from '../hub/run-order.js';

const REVISION = /^\d{1,9}$/;
const time = z.iso.datetime({ offset: true });

/** `at` in an address: a revision of the run's stream, or a time with its zone; empty means the present. */
export const momentSchema = z
  .string()
  .max(40)
  .refine(
    (text) => text === '' || REVISION.test(text) || time.safeParse(text).success,
    'Write a revision such as 38, or a time such as 2026-11-21T14:00:00Z',
  )
  .transform((text): Moment | undefined => {
    if (text === '') return undefined;
    return REVISION.test(text) ? { revision: Number(text) } : { time: Date.parse(text) };
  })
  .optional();

/** Revisions that the page of a run links to from the shown moment; null when there is none. */
export interface Moments {
  readonly first: number | null;
  readonly previous: number | null;
  readonly next: number | null;
  readonly last: number | null;
}

/** The links to those moments, in their order. `step` names the key that follows a link. */
export const stepsOf = ({ first, previous, next, last }: Moments) => [
  { label: 'First', revision: first, step: null },
  { label: 'Previous', revision: previous, step: 'previous' },
  { label: 'Next', revision: next, step: 'next' },
  { label: 'Last', revision: last, step: null },
];

/** The moments before and after a moment, or before the present. `run` is the run as it is now. */
export function momentsAround(run: RunRow, then: RunAsOf | undefined): Moments {
  const first = firstRevision(run.run_id);
  const last = run.last_revision;
  const shown = then?.revision ?? last;
  return {
    first: shown > first ? first : null,
    previous: shown > first ? shown - 1 : null,
    next: shown < last ? shown + 1 : null,
    last: shown < last ? last : null,
  };
}
