/** Why a producer's request is refused. Codes are stable and never reused, because clients rely on them. */
export const PRODUCER_REFUSALS = {
  no_such_run: { status: 404, meaning: 'There is no such run in this tenant.' },
  not_external: { status: 409, meaning: 'Runs of this type are carried out by the program’s own workers.' },
  not_claimed: { status: 409, meaning: 'Nobody has claimed this run yet: claim it first.' },
  claim_lost: {
    status: 409,
    meaning: 'Another producer holds this run, or another attempt of it has begun.',
  },
  run_ended: { status: 409, meaning: 'The run has ended; nothing more can be reported to it.' },
  too_many_events: {
    status: 409,
    meaning: 'The run has too many events already: report items in larger batches, or end it.',
  },
  too_many_items: { status: 409, meaning: 'The run has as many items as a run may have: end it.' },
  not_storable: { status: 422, meaning: 'An id looks like a secret or a personal address.' },
  unknown_reason_code: {
    status: 422,
    meaning: 'The reason code is not registered, or not for this outcome.',
  },
  invalid_wait: { status: 422, meaning: 'The time to wait until is too far away.' },
} as const satisfies Record<string, { status: 404 | 409 | 422; meaning: string }>;

export type ProducerRefusalCode = keyof typeof PRODUCER_REFUSALS;
