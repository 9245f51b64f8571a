import { z } from 'zod';
import { commandsOf } from '../../ledger/define-command.js';
import { defineEntity } from '../../ledger/define-entity.js';
import { defineEvent } from '../../ledger/event-registry.js';
import { typedNote } from '../typed-text.js';

/** A hash of the finding's content, never of run ids; see `fingerprints.ts` of `drift.generate`. */
export const fingerprintSchema = z.string().regex(/^[0-9a-f]{32}$/, 'is not a fingerprint');

/** Longest note of a person's decision, in characters. */
export const NOTE_LENGTH_MAX = 500;

const note = z.string().max(NOTE_LENGTH_MAX).nullable();

export const FindingAcknowledged = defineEvent({
  type: 'FindingAcknowledged',
  category: 'finding',
  meaning: 'A person has seen a finding and accepts it.',
  words: (data) => data.note ?? '',
  data: z.strictObject({ note }),
});

export const FindingReopened = defineEvent({
  type: 'FindingReopened',
  category: 'finding',
  meaning: 'A person took an acknowledgement back.',
  words: (data) => data.note ?? '',
  data: z.strictObject({ note }),
});

/** What people decided about a finding, no matter which run found it. */
export const findingEntity = defineEntity({
  category: 'finding',
  streams: '<tenant>.<fingerprint>',
  events: [FindingAcknowledged, FindingReopened],
  initial: 'new' as 'new' | 'acknowledged',
  evolve: (_, { type }) => (type === 'FindingAcknowledged' ? 'acknowledged' : 'new'),
});

const findingCommand = commandsOf(findingEntity);

const review = {
  capability: 'findings.review',
  existingKind: 'finding',
  input: z.strictObject({
    fingerprint: fingerprintSchema,
    note: typedNote(NOTE_LENGTH_MAX).nullable(),
  }),
  idOf: ({ fingerprint }: { readonly fingerprint: string }) => fingerprint,
} as const;

/** Acknowledges a finding; does nothing when it is already acknowledged. */
export const acknowledgeFinding = findingCommand({
  ...review,
  name: 'finding.acknowledge',
  summary: 'Acknowledge a finding',
  decide: (status, input) =>
    status === 'acknowledged' ? [] : [{ type: 'FindingAcknowledged', data: { note: input.note } }],
});

/** Removes an acknowledgement; does nothing when the finding isn't acknowledged. */
export const reopenFinding = findingCommand({
  ...review,
  name: 'finding.reopen',
  summary: 'Take the acknowledgement of a finding back',
  decide: (status, input) =>
    status === 'new' ? [] : [{ type: 'FindingReopened', data: { note: input.note } }],
});
