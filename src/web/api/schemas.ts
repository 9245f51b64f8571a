import { z } from 'zod';
import { CHANGE_WORDS } from '../../operations/drift-generate/drift-events.js';
import { countsSchema, ITEM_OUTCOMES } from '../../runs/run-events.js';
import { LIFECYCLES, STATUS_BUCKETS } from '../../runs/status-bucket.js';

/** The schemas of the API's answers. The OpenAPI document is made from them, and tests check answers against them. */
export const answerSchemas = z.registry<{ id: string }>();

/** Registers a schema under its name in the OpenAPI document, and returns it. */
export function answerSchema<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  answerSchemas.add(schema, { id });
  return schema;
}

export const time = z.iso.datetime().describe('UTC with milliseconds');
const position = z.int().describe('Position in the log');
const nullableText = z.string().nullable();
/** The schema of the cursor for the next page. */
export const next = (what: z.ZodType) => what.nullable().describe('For the next page; null on the last one');

export const errorAnswer = answerSchema(
  'Error',
  z.strictObject({
    error: z.strictObject({
      code: z.string().describe('Stable; never reused for something else'),
      message: z.string().describe('What happened and what to do, in words'),
      link: z.string().optional().describe('The active run that prevents this start'),
    }),
  }),
);

const tenantAnswer = answerSchema(
  'Tenant',
  z.strictObject({ id: z.string(), slug: z.string(), name: z.string() }),
);
export const tenantsAnswer = answerSchema('Tenants', z.strictObject({ tenants: z.array(tenantAnswer) }));

const reasonCodeAnswer = answerSchema(
  'ReasonCode',
  z.strictObject({
    kind: z.enum(['failure', 'skip', 'refusal']),
    retryable: z.boolean(),
    meaning: z.string(),
    advice: z.string(),
  }),
);
const operationTypeAnswer = answerSchema(
  'OperationType',
  z.strictObject({
    type: z.string(),
    version: z.int(),
    label: z.string(),
    description: z.string(),
    itemisedBy: z.string(),
    carriedOutBy: z.enum(['worker', 'producer']),
    input: z.record(z.string(), z.unknown()).describe('JSON Schema of what a start gives'),
    scheduled: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('JSON Schema of “given” in the command schedule.set; null where no schedule can start it'),
    reasonCodes: z.record(z.string(), reasonCodeAnswer).describe('Besides the built-in ones'),
  }),
);
export const operationTypesAnswer = answerSchema(
  'OperationTypes',
  z.strictObject({
    types: z.array(operationTypeAnswer),
    reasonCodes: z.record(z.string(), reasonCodeAnswer).describe('The built-in ones'),
  }),
);

const countsAnswer = answerSchema('Counts', countsSchema);
const actor = z.strictObject({ kind: z.string(), id: z.string() });

export const runAnswer = answerSchema(
  'Run',
  z.strictObject({
    id: z.string(),
    number: position,
    tenantId: z.string(),
    type: z.string(),
    title: z.string(),
    status: z.enum(LIFECYCLES),
    bucket: z.enum(STATUS_BUCKETS),
    initiator: actor.extend({
      name: nullableText.describe('Of a schedule or an API client, as it was then; null for members'),
    }),
    scope: z.record(z.string(), z.unknown()),
    counts: countsAnswer,
    attempt: z.int(),
    createdAt: time.nullable(),
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
    reasonCode: nullableText,
    reason: nullableText,
    summary: nullableText,
    causedByRunId: nullableText,
    correlationId: z.string(),
    revision: z.int().describe('Revision of the run’s newest event in its stream'),
    events: z.int(),
  }),
);
export const runsAnswer = answerSchema(
  'Runs',
  z.strictObject({ runs: z.array(runAnswer), next: next(z.union([position, z.string()])) }),
);

const eventAnswer = answerSchema(
  'Event',
  z.strictObject({
    revision: z.int(),
    position,
    id: z.string(),
    type: z.string(),
    at: time.nullable(),
    actor,
    attempt: z.int().nullable(),
    data: z.unknown(),
    metadata: z.record(z.string(), z.unknown()),
  }),
);
export const eventsAnswer = answerSchema(
  'Events',
  z.strictObject({ events: z.array(eventAnswer), next: next(z.int()) }),
);

const itemAnswer = answerSchema(
  'Item',
  z.strictObject({
    itemId: z.string(),
    label: z.string(),
    outcome: z.enum(ITEM_OUTCOMES),
    reasonCode: nullableText,
    reason: nullableText,
    subject: z.strictObject({ type: nullableText, id: z.string() }).nullable(),
    attempt: z.int().nullable(),
    at: time.nullable(),
  }),
);
export const itemsAnswer = answerSchema(
  'Items',
  z.strictObject({ items: z.array(itemAnswer), next: next(z.int()) }),
);

const values = z.array(z.string());
const settings = z.array(z.strictObject({ path: z.string(), label: nullableText, values }));
const settingChange = z.strictObject({
  path: z.string(),
  label: nullableText,
  before: values,
  after: values,
  words: z
    .array(z.enum(CHANGE_WORDS))
    .describe('What the two sides don’t show themselves, such as that only their order changed'),
  at: z
    .strictObject({ character: z.int(), line: z.int(), before: nullableText, after: nullableText })
    .nullable()
    .describe('Where two texts differ first, counted from 1'),
  unchanged: z.int().describe('Values that stayed and aren’t shown'),
});
const assignmentChange = z.strictObject({
  target: z.string(),
  parts: z.array(z.strictObject({ name: z.string(), before: nullableText, after: nullableText })),
});
const findingAnswer = answerSchema(
  'Finding',
  z.strictObject({
    fingerprint: z.string(),
    kind: z.enum(['added', 'removed', 'changed', 'assignment_changed']),
    status: z.enum(['new', 'acknowledged']),
    policyType: z.string(),
    policyTypeLabel: z.string(),
    name: z.string(),
    nameBefore: nullableText,
    recreated: z.boolean(),
    subjectId: z.string(),
    subjectIdBefore: nullableText,
    counterparts: z
      .array(z.strictObject({ fingerprint: z.string(), policyType: z.string(), subjectId: z.string() }))
      .describe('Findings of other types under the same name: the policy probably moved'),
    settingsAdded: settings,
    settingsRemoved: settings,
    settingsChanged: z.array(settingChange),
    assignmentsAdded: values,
    assignmentsRemoved: values,
    assignmentsChanged: z.array(assignmentChange),
    assignmentsLookAlike: z.boolean(),
    withheld: values.describe('Paths of secrets that Graph withheld: whether they changed can’t be seen'),
    notCompared: values.describe('Parts of the policy that were not compared'),
    settingsOmitted: z.int(),
    firstDetectedAt: time.nullable(),
    lastDetectedAt: time.nullable(),
    detections: z.int(),
  }),
);
export const findingsAnswer = answerSchema(
  'Findings',
  z.strictObject({ findings: z.array(findingAnswer), next: next(z.string()) }),
);

export const auditAnswer = answerSchema(
  'AuditEntries',
  z.strictObject({
    entries: z.array(
      z.strictObject({
        position,
        at: time,
        actor: z.strictObject({ kind: z.string(), id: z.string() }),
        act: z.string().describe('Type of the event that the act was recorded by'),
        meaning: z.string().describe('What was done, in words'),
        subject: z.strictObject({ id: z.string(), name: nullableText }).nullable(),
        detail: z.string(),
        details: z.record(z.string(), z.unknown()),
        result: z.string().describe('`done`, a bucket of a run that ended, or an outcome of a change'),
        reasonCode: nullableText,
      }),
    ),
    next: next(z.string()),
  }),
);

export const startedAnswer = answerSchema(
  'Started',
  z.strictObject({
    runId: z.string(),
    position: position.describe('The read models show the run from this position of the log on'),
    reused: z.boolean().describe('The operation was active already; this is its run'),
    repeated: z
      .boolean()
      .describe('The request was carried out before under its key; its run may have ended'),
  }),
);

export const changedAnswer = answerSchema(
  'Changed',
  z.strictObject({
    position: position
      .nullable()
      .describe(
        'The read models show the change from this position of the log on; null when nothing was there',
      ),
  }),
);

export const recordedAnswer = answerSchema(
  'Recorded',
  z.strictObject({
    runId: z.string(),
    status: z.literal('recorded'),
    position: position.describe('The read models show the run from this position of the log on'),
  }),
);

export const claimedAnswer = answerSchema(
  'Claimed',
  z.strictObject({
    runId: z.string(),
    type: z.string(),
    version: z.int().describe('Version of the type when the run was started'),
    attempt: z.int().describe('Goes into every report of this run'),
    scope: z.record(z.string(), z.unknown()),
    input: z.record(z.string(), z.unknown()),
    counts: countsAnswer,
    silenceMs: z.int().describe('Silence after which the run is aborted as worker_lost'),
    repeated: z.boolean().describe('This producer had claimed it already'),
    position: position.nullable(),
  }),
);
export const notedAnswer = answerSchema(
  'Noted',
  z.strictObject({
    runId: z.string(),
    attempt: z.int(),
    counts: countsAnswer,
    position: position.nullable().describe('Of the newest event written; null when nothing in it was new'),
  }),
);
