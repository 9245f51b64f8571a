import { z } from 'zod';
import { defineEvent } from '../../ledger/event-registry.js';
import { runIdSchema } from '../../runs/run-events.js';
import { scopeKeySchema } from '../inventory-sync/inventory-events.js';

export const FINDING_KINDS = ['added', 'removed', 'changed', 'assignment_changed'] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** Longest value shown in evidence, in characters; longer ones are cut with an ellipsis. */
export const EVIDENCE_VALUE_LENGTH_MAX = 2000;
/** Most bytes of one finding's evidence, so that it fits an event; `omitted` counts the settings left out. */
export const EVIDENCE_BYTES_MAX = 48 * 1024;
/** Most bytes of findings in one event; an event aims to stay below 64 KiB. */
export const EVENT_BYTES_MAX = 60 * 1024;

const path = z.string().max(1500);
/** Values as canonical JSON texts, sanitized; a secret is `"[masked]"`. */
const values = z.array(z.string().max(EVIDENCE_VALUE_LENGTH_MAX)).max(200);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

export const evidenceSchema = z.strictObject({
  settingsAdded: z.array(z.strictObject({ path, values })),
  settingsRemoved: z.array(z.strictObject({ path, values })),
  settingsChanged: z.array(z.strictObject({ path, before: values, after: values })),
  assignmentsAdded: z.array(z.string().max(500)),
  assignmentsRemoved: z.array(z.string().max(500)),
  /** Settings and assignments left out because the evidence would be larger than its limit. */
  omitted: z.int().min(0),
});
export type Evidence = z.infer<typeof evidenceSchema>;

export const findingSchema = z.strictObject({
  itemId: z.string().max(300),
  /** Unique per tenant; of content, never of run ids. */
  fingerprint: z.string().regex(/^[0-9a-f]{32}$/),
  kind: z.enum(FINDING_KINDS),
  policyType: z.string().max(100),
  subjectId: z.string().max(200),
  /** The old id of a policy that was re-created, or null. */
  subjectIdBefore: z.string().max(200).nullable(),
  name: z.string().max(500),
  /** The old name of a policy that was renamed, or null. */
  nameBefore: z.string().max(500).nullable(),
  recreated: z.boolean(),
  contentHashBefore: hash.nullable(),
  contentHashAfter: hash.nullable(),
  evidence: evidenceSchema,
});
export type Finding = z.infer<typeof findingSchema>;

export const FindingsDetected = defineEvent({
  type: 'FindingsDetected',
  category: 'operation',
  data: z.strictObject({
    scopeKey: scopeKeySchema,
    baselineRunId: runIdSchema,
    currentRunId: runIdSchema,
    findings: z.array(findingSchema).min(1).max(500),
  }),
});

export const FindingAcknowledged = defineEvent({
  type: 'FindingAcknowledged',
  category: 'finding',
  data: z.strictObject({ note: z.string().max(500).nullable() }),
});

export const FindingReopened = defineEvent({
  type: 'FindingReopened',
  category: 'finding',
  data: z.strictObject({ note: z.string().max(500).nullable() }),
});
