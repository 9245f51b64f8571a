import { DateTime } from 'luxon';
import { z } from 'zod';
import { backupSetEntity } from '../../entities/backup-set/backup-set.js';
import { SET_NAME_LENGTH_MAX } from '../../entities/backup-set/backup-set-events.js';
import { recordStartByHand } from '../../entities/schedule/record-start-by-hand.js';
import { readSchedule } from '../../entities/schedule/schedule.js';
import { RevisionConflictError } from '../../ledger/event-log.js';
import { EMPTY_HEAD, headAfter } from '../../ledger/stream-head.js';
import { READ_PERMISSIONS } from '../../policies/catalogue/policy-types.js';
import { selectionInWords, selectionSchema } from '../../policies/selection.js';
import { refusal } from '../../runs/reason-codes.js';
import { bounded } from '../../runs/run-events.js';
import { count } from '../../wording/number-words.js';
import { fillBackupSet } from '../backup-set-add-policies/fill-backup-set.js';
import { defineOperation } from '../define.js';
import type { OperationServices } from '../operation-services.js';
import { NOT_CONNECTED } from '../plan.js';
import { policyChoiceSchema } from '../policy-choice/policy-choice.js';
import type { RunHandle } from '../run-handle.js';
import { schedulable } from '../schedulable.js';
import type { WordsOf } from '../vocabulary.js';
import { isInUse, madeSets, setIdOf } from './made-sets.js';
import { setsToExpire } from './sets-to-expire.js';

const TYPE = 'backup_schedule.run';
const HOUR_MS = 3_600_000;
const KEPT_MAX = 1_000;
const KEPT_PROPOSED = 30;
const DAYS_MAX = 3_650;

/** What a schedule of backups keeps. */
const givenSchema = selectionSchema.extend({
  keep: z.int('takes a whole number').min(1, 'keeps one set at least').max(KEPT_MAX),
  days: z.int('takes a whole number').min(1, 'keeps sets for a day at least').max(DAYS_MAX).optional(),
  includeAssignments: z.boolean().default(true),
  includeScopeTags: z.boolean().default(true),
});

const dueSchema = z.strictObject({
  scheduleId: z.guid().toLowerCase(),
  /** The due time, UTC. */
  dueAt: z.iso.datetime({ precision: 3 }),
});

const contextSchema = dueSchema.extend({
  scheduleName: z.string().min(1),
  setName: z.string().min(1).max(SET_NAME_LENGTH_MAX),
  choice: policyChoiceSchema,
  options: z.strictObject({ includeAssignments: z.boolean(), includeScopeTags: z.boolean() }),
  retention: z.strictObject({ keep: z.int().min(1), days: z.int().min(1).optional() }),
});
type Context = z.output<typeof contextSchema>;

const vocabulary = {
  linkKinds: ['backup_set', 'schedule'],
  reasonCodes: {
    schedule_not_usable: refusal(
      'This tenant has no such schedule of backups.',
      'Make a schedule of backups; it starts this operation at its times.',
    ),
  },
} as const;
type Run = RunHandle<WordsOf<typeof vocabulary & { readonly events: readonly [] }>>;

/** Makes a backup set for a due time of a schedule and fills it; then the schedule's oldest sets expire (K8). */
export const backupScheduleRun = defineOperation({
  type: TYPE,
  label: 'Scheduled backup',
  description:
    'Makes a backup set for a due time of a schedule, fills it, and lets the schedule’s oldest sets expire.',
  itemisedBy: 'policy',
  input: dueSchema,
  scope: dueSchema,
  context: contextSchema,
  permissions: READ_PERMISSIONS,
  ...vocabulary,
  schedulable: schedulable({
    given: givenSchema,
    fields: [
      {
        name: 'policyTypes',
        kind: 'policy_types',
        label: 'Policy types',
        hint: 'Choose none to back up every type. Every policy that the tenant holds at that time is captured.',
      },
      {
        name: 'keep',
        kind: 'number',
        label: 'Complete sets to keep',
        hint: 'Older sets of this schedule expire after a new complete one. A set that a run uses stays.',
        min: 1,
        max: KEPT_MAX,
        proposed: KEPT_PROPOSED,
      },
      {
        name: 'days',
        kind: 'number',
        label: 'Days to keep sets',
        hint: 'Left empty, only their number counts. The newest complete set always stays.',
        min: 1,
        max: DAYS_MAX,
        proposed: null,
      },
      {
        name: 'includeAssignments',
        kind: 'flag',
        label: 'With assignments',
        hint: '',
        proposed: true,
      },
      { name: 'includeScopeTags', kind: 'flag', label: 'With scope tags', hint: '', proposed: true },
    ],
    leastEveryMs: HOUR_MS,
    oncePerDueTime: true,
    inWords: selectionInWords,
    inputOf: (_, due) => due,
  }),
  async plan({ scheduleId, dueAt }, { connected, ledger, tenantId }) {
    if (!connected) return NOT_CONNECTED;
    const { settings } = await readSchedule(ledger, tenantId, scheduleId);
    const given = givenSchema.safeParse(settings?.given);
    if (settings?.operationType !== TYPE || !given.success) {
      const { meaning, advice } = vocabulary.reasonCodes.schedule_not_usable;
      return { refusal: { code: 'schedule_not_usable', message: `${meaning} ${advice}` } };
    }
    const { keep, days, policyTypes, ...options } = given.data;
    const setName = setNameOf(settings, dueAt);
    return {
      plan: {
        scope: { scheduleId, dueAt },
        context: {
          scheduleId,
          dueAt,
          scheduleName: settings.name,
          setName,
          options,
          choice: { from: 'tenant' as const, ...(policyTypes && { policyTypes }) },
          retention: { keep, ...(days !== undefined && { days }) },
        },
        title: `Backup “${setName}”`,
        total: null,
        related: [
          { relation: 'fills', kind: 'backup_set', id: setIdOf(scheduleId, dueAt), label: setName },
          { relation: 'started_by', kind: 'schedule', id: scheduleId, label: settings.name },
        ],
      },
    };
  },
  async handle(run, context, services) {
    const setId = setIdOf(context.scheduleId, context.dueAt);
    await makeSet(run, services, setId, context);
    await recordOwnStart(run, services, context);
    const { choice, options } = context;
    const filled = await fillBackupSet(run, services, { setId, choice, options });
    const expired = await expireOldSets(run, services, setId, context);
    return {
      summary: expired === 0 ? filled : `${filled}; ${count(expired, 'older set', 'older sets')} expired`,
      related: [],
    };
  },
});

/** Such as `Nightly, 2026-03-29 03:00`: the schedule's name, and the due time in the schedule's time zone. */
function setNameOf({ name, zone }: { readonly name: string; readonly zone: string }, dueAt: string): string {
  const local = DateTime.fromISO(dueAt, { zone }).toFormat('yyyy-MM-dd HH:mm');
  return bounded(`${name}, ${local}`, SET_NAME_LENGTH_MAX);
}

/** Makes the set, unless an earlier attempt or run for the same due time has made it. */
async function makeSet(
  run: Run,
  { ledger }: OperationServices,
  setId: string,
  { scheduleId, scheduleName: name, setName }: Context,
): Promise<void> {
  const stream = backupSetEntity.stream(run.tenantId, setId);
  if (await ledger.last(stream)) return;
  const data = { name: setName, origin: { kind: 'schedule', scheduleId, name } };
  try {
    await run.produce(stream, { type: 'BackupSetCreated', data }, EMPTY_HEAD);
  } catch (error) {
    if (!(error instanceof RevisionConflictError)) throw error;
  }
}

/** Records a start that wasn't the schedule's own, so that the set counts for the schedule's retention. */
async function recordOwnStart(
  run: Run,
  { ledger }: OperationServices,
  { scheduleId, dueAt }: Context,
): Promise<void> {
  const { initiator, runId, tenantId } = run;
  if (initiator.kind === 'schedule') return;
  const start = { dueAt, runId, initiator, joined: false };
  await recordStartByHand(ledger, { tenantId, scheduleId }, start, (stream, draft, head) =>
    run.produce(stream, draft, head),
  );
}

/** Expires the schedule's sets beyond its retention; resolves to their number. */
async function expireOldSets(
  run: Run,
  { ledger, clock }: OperationServices,
  setId: string,
  { scheduleId, dueAt, retention }: Context,
): Promise<number> {
  const outcomes = [...run.recorded.values()].map(({ outcome }) => outcome);
  const complete = !outcomes.includes('failed') && (run.repeated.size > 0 || outcomes.includes('succeeded'));
  const own = { setId, runId: run.runId, dueAt: Date.parse(dueAt), complete };
  const others = (await madeSets(ledger, run.tenantId, scheduleId)).filter((set) => set.setId !== setId);
  // A clock of this machine that is ahead expires nothing early.
  const now = Math.min(own.dueAt, clock.now());
  let expired = 0;
  for (const { set, reason } of setsToExpire([own, ...others], retention, now)) {
    run.signal.throwIfAborted();
    if (await isInUse(ledger, run.tenantId, set)) continue;
    const stream = backupSetEntity.stream(run.tenantId, set.setId);
    const last = await ledger.last(stream);
    if (!last) continue;
    try {
      await run.produce(stream, { type: 'BackupSetExpired', data: { reason } }, headAfter(last));
      expired += 1;
    } catch (error) {
      // Another event was appended to the set just now; the next run checks it again.
      if (!(error instanceof RevisionConflictError)) throw error;
    }
  }
  return expired;
}
