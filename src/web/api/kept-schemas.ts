import { z } from 'zod';
import { answerSchema, next, time } from './schemas.js';

/** The schemas of policies with their versions, backup sets, exports and schedules. */

const policyAnswer = z.strictObject({
  key: z.string(),
  type: z.string(),
  id: z.string(),
  name: z.string(),
  version: z.int().describe('Number of the newest version'),
  versionSeenAt: time.describe('When the newest version was seen first'),
  snapshot: z.string().nullable().describe('The newest snapshot of the newest version'),
  seenAt: time.describe('When it was seen last'),
  gone: z.boolean().describe('Whether the newest inventory of its type has it no more'),
});
export const policiesAnswer = answerSchema(
  'Policies',
  z.strictObject({ policies: z.array(policyAnswer), next: next(z.string()) }),
);

export const policyVersionsAnswer = answerSchema(
  'PolicyVersions',
  z.strictObject({
    versions: z.array(
      z.strictObject({
        version: z.int(),
        name: z.string(),
        settings: z.int().nullable().describe('Number of settings; null where only a capture saw it'),
        snapshot: z.string().nullable(),
        firstSeenAt: time,
        firstRunId: z.string(),
        lastSeenAt: time,
        lastRunId: z.string(),
      }),
    ),
    next: next(z.int()),
  }),
);

const backupSetSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  createdAt: time,
  createdBy: z.strictObject({ kind: z.string(), id: z.string() }),
  schedule: z.string().nullable().describe('The schedule that made it'),
  policies: z.int(),
  bytes: z.int(),
  withheld: z.int().describe('Number of secrets that Graph withheld'),
  expiredAt: time.nullable(),
  expiredBecause: z.string().nullable(),
});
export const backupSetAnswer = answerSchema('BackupSet', backupSetSchema);
export const backupSetsAnswer = answerSchema(
  'BackupSets',
  z.strictObject({ backupSets: z.array(backupSetSchema), next: next(z.int()) }),
);
export const backupSetItemsAnswer = answerSchema(
  'BackupSetItems',
  z.strictObject({
    items: z.array(
      z.strictObject({
        policyKey: z.string(),
        type: z.string(),
        id: z.string(),
        name: z.string().describe('The name that the policy had then'),
        snapshot: z.string(),
        capturedAt: time,
        bytes: z.int(),
        withheld: z.int(),
        includesAssignments: z.boolean(),
        includesScopeTags: z.boolean(),
      }),
    ),
    next: next(z.string()),
  }),
);

export const exportsAnswer = answerSchema(
  'Exports',
  z.strictObject({
    exports: z.array(
      z.strictObject({
        runId: z.string(),
        fileName: z.string(),
        bytes: z.int(),
        policies: z.int(),
        missing: z.int().describe('Chosen policies that are not in it'),
        writtenAt: time,
        endsAt: time.describe('From then on it can’t be downloaded'),
      }),
    ),
    next: next(z.int()),
  }),
);

export const schedulesAnswer = answerSchema(
  'Schedules',
  z.strictObject({
    schedules: z.array(
      z.strictObject({
        id: z.string(),
        name: z.string(),
        operationType: z.string(),
        given: z.record(z.string(), z.unknown()),
        cron: z.string(),
        zone: z.string(),
        missed: z.string().describe('What becomes of missed times: `skip` or `make_up_once`'),
        state: z.string().describe('`at_work` or `paused`'),
        pauseReason: z.string().nullable(),
        next: z.array(time).describe('The next five times; empty while it is paused'),
        latest: z.array(z.strictObject({ dueAt: time, outcome: z.string(), runId: z.string().nullable() })),
      }),
    ),
  }),
);
