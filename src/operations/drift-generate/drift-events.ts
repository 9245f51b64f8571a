import { z } from 'zod';
import { fingerprintSchema } from '../../entities/finding/finding.js';
import { defineEvent } from '../../ledger/event-registry.js';
import type { FindingKind } from '../../policies/compare-policy-sets.js';
import { runIdSchema } from '../../runs/run-events.js';
import { count } from '../../wording/number-words.js';
import { scopeKeySchema } from '../inventory-sync/inventory-events.js';

const FINDING_KINDS = [
  'added',
  'removed',
  'changed',
  'assignment_changed',
] as const satisfies readonly FindingKind[];

/** Longest value shown in evidence, in characters; longer ones are cut with an ellipsis. */
const EVIDENCE_VALUE_LENGTH_MAX = 2000;
/** Most bytes of one finding's evidence, so that it fits an event; `omitted` counts the settings left out. */
export const EVIDENCE_BYTES_MAX = 48 * 1024;
/** Most bytes of findings in one event; an event aims to stay below 64 KiB. */
export const FINDINGS_EVENT_BYTES_MAX = 60 * 1024;

/** Hints for readers about differences that the two values don't show. */
export const CHANGE_WORDS = [
  /** The order of the values changed, and their order has a meaning. */
  'order_changed',
  /** The value is a secret and is masked on both sides. */
  'secret',
  /** The two values differ in a part that the sanitizer removed. */
  'differs_where_masked',
  /** The two values differ in characters that are invisible or look alike; `at` names them. */
  'looks_alike',
  /** Only the text around the first difference is shown; `at` says where it is. */
  'excerpt',
  /** Only removed and added values are shown; `unchanged` counts the others. */
  'part_of_list',
] as const;
export type ChangeWord = (typeof CHANGE_WORDS)[number];

const path = z.string().max(1500);
const text = z.string().max(500);
/** Values as canonical JSON texts, sanitized; a secret is `"[masked]"`. */
const values = z.array(z.string().max(EVIDENCE_VALUE_LENGTH_MAX)).max(200);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const wholeNumber = z.int().min(0);

const settingSchema = z.strictObject({ path, label: text.nullable(), values });
const changeSchema = z.strictObject({
  path,
  label: text.nullable(),
  before: values,
  after: values,
  words: z.array(z.enum(CHANGE_WORDS)),
  /**
   * The first difference of two texts: its line and character, counted from 1, and the two characters where they
   * must be named.
   */
  at: z
    .strictObject({
      character: z.int().min(1),
      line: z.int().min(1),
      before: z.string().max(40).nullable(),
      after: z.string().max(40).nullable(),
    })
    .nullable(),
  /** Number of unchanged values, which aren't shown. */
  unchanged: wholeNumber,
});

export const evidenceSchema = z.strictObject({
  settingsAdded: z.array(settingSchema),
  settingsRemoved: z.array(settingSchema),
  settingsChanged: z.array(changeSchema),
  assignmentsAdded: z.array(text),
  assignmentsRemoved: z.array(text),
  /** Changed assignments to one target; `before` or `after` is null for a part that is missing on that side. */
  assignmentsChanged: z.array(
    z.strictObject({
      target: text,
      parts: z.array(z.strictObject({ name: text, before: text.nullable(), after: text.nullable() })),
    }),
  ),
  /**
   * Two different assignments are shown with the same text, because they differ in a part that the sanitizer
   * removed.
   */
  assignmentsLookAlike: z.boolean(),
  /** Paths of secrets that Graph withholds, so that their changes can't be seen. */
  withheld: z.array(path),
  /** Parts of the policy that were not compared, such as links that one of the inventories did not read. */
  notCompared: z.array(text),
  /** Settings and assignments left out because the evidence would be larger than its limit. */
  omitted: wholeNumber,
});
export type Evidence = z.infer<typeof evidenceSchema>;

export const findingSchema = z.strictObject({
  itemId: z.string().max(300),
  /**
   * Unique in a tenant. It is derived from contents and not from run ids, so that a later comparison finds the same
   * one.
   */
  fingerprint: fingerprintSchema,
  /** Fingerprints of the same finding under earlier comparing rules (ADR 0008). */
  formerFingerprints: z.array(fingerprintSchema),
  kind: z.enum(FINDING_KINDS),
  policyType: z.string().max(100),
  subjectId: z.string().max(200),
  /** The old id of a policy that was re-created, or null. */
  subjectIdBefore: z.string().max(200).nullable(),
  name: z.string().max(500),
  /** The old name of a policy that was renamed, or null. It may be shown like the new one. */
  nameBefore: z.string().max(500).nullable(),
  recreated: z.boolean(),
  /**
   * Findings about policies of other types with the same exact name: the policy was probably moved to that type or
   * from it.
   */
  counterparts: z
    .array(
      z.strictObject({
        fingerprint: fingerprintSchema,
        policyType: z.string().max(100),
        subjectId: z.string().max(200),
      }),
    )
    .max(10),
  contentHashBefore: hash.nullable(),
  contentHashAfter: hash.nullable(),
  evidence: evidenceSchema,
});
export type Finding = z.infer<typeof findingSchema>;

export const FindingsDetected = defineEvent({
  type: 'FindingsDetected',
  category: 'operation',
  meaning: 'What differs between two inventories, with sanitized evidence.',
  words: ({ findings }) => count(findings.length, 'finding'),
  version: 2,
  data: z.strictObject({
    scopeKey: scopeKeySchema,
    baselineRunId: runIdSchema,
    currentRunId: runIdSchema,
    /** Version of the comparing rules that the fingerprints and hashes were made with. */
    rulesVersion: z.int().min(1),
    findings: z.array(findingSchema).min(1).max(500),
  }),
  upcasters: { 1: withEvidenceOf2 },
});

/** Upcasts from version 1, which had only settings with their values, and assignments in words. */
function withEvidenceOf2(data: unknown): unknown {
  const { findings, ...rest } = data as { findings: Record<string, unknown>[] };
  return { ...rest, rulesVersion: 1, findings: findings.map(findingOf2) };
}

function findingOf2(finding: Record<string, unknown>): unknown {
  const { settingsAdded, settingsRemoved, settingsChanged, ...evidence } = finding.evidence as Record<
    'settingsAdded' | 'settingsRemoved' | 'settingsChanged',
    object[]
  >;
  const labelled = (settings: object[]) => settings.map((setting) => ({ ...setting, label: null }));
  return {
    ...finding,
    formerFingerprints: [],
    counterparts: [],
    evidence: {
      ...evidence,
      settingsAdded: labelled(settingsAdded),
      settingsRemoved: labelled(settingsRemoved),
      settingsChanged: settingsChanged.map((change) => ({
        ...change,
        label: null,
        words: [],
        at: null,
        unchanged: 0,
      })),
      assignmentsChanged: [],
      assignmentsLookAlike: false,
      withheld: [],
      notCompared: [],
    },
  };
}
