import t from 'tap';
import { systemClock } from '../../../src/clock.js';
import { backupSetEntity } from '../../../src/entities/backup-set/backup-set.js';
import { setUsesEntity } from '../../../src/entities/backup-set/set-uses.js';
import { dueTimesEntity } from '../../../src/entities/schedule/due-times.js';
import { scheduleEntity } from '../../../src/entities/schedule/schedule.js';
import type { EventDraft } from '../../../src/ledger/event-registry.js';
import { EMPTY_HEAD, headAfter } from '../../../src/ledger/stream-head.js';
import { backupScheduleRun } from '../../../src/operations/backup-schedule-run/backup-schedule-run.js';
import { setIdOf } from '../../../src/operations/backup-schedule-run/made-sets.js';
import { type MadeSet, setsToExpire } from '../../../src/operations/backup-schedule-run/sets-to-expire.js';
import { policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';
import { BED_TENANT, createFillingBed, Killed } from '../../support/filling-bed.js';

const SCHEDULE = '1f2d3c4b-0000-4000-8000-0000000000c1';
const TYPE = 'deviceConfigurations';
const { path } = policyTypeNamed(TYPE) ?? { path: '' };
const DAY_MS = 86_400_000;
const policies = Array.from({ length: 12 }, (_, n) => ({
  '@odata.type': '#microsoft.graph.windows10CustomConfiguration',
  id: `0b0b0b0b-0000-4000-8000-${String(n).padStart(12, '0')}`,
  displayName: `Policy ${n}`,
  assignments: [],
}));
const dueOn = (day: number) => new Date(Date.UTC(2026, 2, 26, 1) + day * DAY_MS).toISOString();

t.test('retention keeps the newest complete sets', async (t) => {
  const set = (day: number, more: Partial<MadeSet> = {}): MadeSet => ({
    setId: `${day}`,
    runId: `run of ${day}`,
    dueAt: day * DAY_MS,
    complete: true,
    ...more,
  });
  const expired = (sets: readonly MadeSet[], keep: number, days?: number) =>
    setsToExpire(sets, { keep, days }, 100 * DAY_MS).map(({ set }) => set.setId);
  const week = [7, 6, 5, 4, 3, 2, 1].map((day) => set(day));
  t.strictSame(expired(week, 3), ['4', '3', '2', '1']);
  t.strictSame(
    expired([set(9, { complete: false }), set(8, { complete: false }), ...week], 3),
    ['4', '3', '2', '1'],
    'failed backups push out no good one',
  );
  t.strictSame(expired([set(9), set(8, { complete: false }), set(7), set(6, { complete: false })], 2), ['6']);
  t.strictSame(
    expired([set(9, { complete: false }), set(8, { complete: false })], 1),
    [],
    'none is complete',
  );
  t.strictSame(expired(week, 30, 94), ['5', '4', '3', '2', '1'], 'older than 94 days');
  t.strictSame(expired(week, 30, 1), ['6', '5', '4', '3', '2', '1'], 'the newest stays, however old');
});

t.test('the age of a set counts from the due time or the clock, whichever is earlier', async (t) => {
  let now = Date.parse(dueOn(1));
  const clock = { ...systemClock, now: () => now };
  const bed = await createFillingBed(t, new Map([[path, policies]]), {
    definition: backupScheduleRun,
    clock,
  });
  const stream = scheduleEntity.stream(BED_TENANT, SCHEDULE);
  const data = {
    name: 'Nightly',
    operationType: 'backup_schedule.run',
    cron: '0 2 * * *',
    zone: 'Europe/Berlin',
    missed: 'skip',
    given: { policyTypes: [TYPE], keep: 30, days: 2 },
  };
  await bed.ledger.append(stream, EMPTY_HEAD, [{ type: 'ScheduleSet', data }], {
    tenantId: BED_TENANT,
    actor: { kind: 'system', id: 'scheduler' },
    correlationId: 'c',
    causationId: 'c',
  });
  const run = async (day: number, clockAt: number) => {
    now = Date.parse(dueOn(clockAt));
    return bed.attempt(await bed.begin({ scheduleId: SCHEDULE, dueAt: dueOn(day) }));
  };
  t.equal(await run(1, 1), '12 policies added');
  t.equal(await run(2, 30), '12 policies added', 'a clock that is weeks ahead expires nothing early');
  t.equal(await run(4, 2.5), '12 policies added', 'nor does a due time that is ahead of the clock');
  t.equal(await run(4.5, 4.5), '12 policies added; 2 older sets expired');
  for (const day of [1, 2])
    t.match((await bed.set(setIdOf(SCHEDULE, dueOn(day)))).expiredBecause, /keeps sets for 2 days/);
});

t.test('a due time makes a set and fills it; the oldest ones expire', async (t) => {
  const bed = await createFillingBed(t, new Map([[path, policies]]), { definition: backupScheduleRun });
  const append = async (stream: string, ...drafts: readonly EventDraft[]) => {
    const last = await bed.ledger.last(stream);
    await bed.ledger.append(stream, last ? headAfter(last) : EMPTY_HEAD, drafts, {
      tenantId: BED_TENANT,
      actor: { kind: 'system', id: 'scheduler' },
      correlationId: 'c',
      causationId: 'c',
    });
  };
  await append(scheduleEntity.stream(BED_TENANT, SCHEDULE), {
    type: 'ScheduleSet',
    data: {
      name: 'Nightly',
      operationType: 'backup_schedule.run',
      cron: '0 2 * * *',
      zone: 'Europe/Berlin',
      missed: 'skip',
      given: { policyTypes: [TYPE], keep: 2 },
    },
  });
  const begin = async (day: number) => {
    const initiator = { kind: 'schedule', scheduleId: SCHEDULE, name: 'Nightly' } as const;
    const runId = await bed.begin({ scheduleId: SCHEDULE, dueAt: dueOn(day) }, backupScheduleRun, initiator);
    const data = { dueAt: dueOn(day), runId, joined: false };
    await append(dueTimesEntity.stream(BED_TENANT, SCHEDULE), { type: 'DueTimeStarted', data });
    return runId;
  };
  const setOf = (day: number) => bed.set(setIdOf(SCHEDULE, dueOn(day)));

  const ended = await begin(1);
  t.equal(await bed.attempt(ended), '12 policies added');
  t.match(await setOf(1), {
    name: 'Nightly, 2026-03-27 02:00',
    origin: { kind: 'schedule', scheduleId: SCHEDULE, name: 'Nightly' },
  });
  t.equal((await setOf(1)).items.size, 12);
  t.equal(await bed.attempt(await begin(2)), '12 policies added');

  const used = setIdOf(SCHEDULE, dueOn(1));
  const user = await begin(0);
  const uses = [user, ...Array.from({ length: 150 }, () => ended)];
  await append(
    setUsesEntity.stream(BED_TENANT, used),
    ...uses.map((runId) => ({ type: 'BackupSetUsed', data: { runId } })),
  );
  t.equal(await bed.attempt(await begin(3)), '12 policies added', 'a run uses the oldest one');
  t.equal((await setOf(1)).expiredBecause, null);
  const slow = await begin(0.5);
  const slowSet = backupSetEntity.stream(BED_TENANT, setIdOf(SCHEDULE, dueOn(0.5)));
  const origin = { kind: 'schedule', scheduleId: SCHEDULE, name: 'Nightly' };
  await append(slowSet, { type: 'BackupSetCreated', data: { name: 'Slow', origin } });
  await bed.attempt(user);
  t.equal((await setOf(0.5)).expiredBecause, null, 'a set that is still empty is being filled');
  await bed.attempt(slow);

  const killed = await begin(4);
  let summary: string | undefined;
  for (let at = 1; summary === undefined && at < 12; at++)
    try {
      summary = await bed.attempt(killed, { killedAt: 2, answered: at % 2 === 0 });
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      if (at === 11) summary = await bed.attempt(killed);
    }
  t.match(summary, /^12 policies added/);
  for (const day of [1, 2]) t.match((await setOf(day)).expiredBecause, /keeps 2 complete sets/);
  t.equal(bed.events('BackupSetExpired').length, 4, 'each once, with the two older ones');
  t.equal((await setOf(3)).expiredBecause, null);

  t.same(bed.events('ScheduleStartedByHand'), []);
  const byHand = await bed.begin({ scheduleId: SCHEDULE, dueAt: dueOn(4.5) });
  await bed.attempt(byHand, { killedAt: 3, answered: true }).catch(() => undefined);
  await bed.attempt(byHand);
  t.match(bed.events('ScheduleStartedByHand'), [{ data: { dueAt: dueOn(4.5), runId: byHand } }], 'once');
  t.match((await setOf(3)).expiredBecause, /keeps 2 complete sets/, 'a set made by hand counts');
  await bed.attempt(await begin(6));
  await bed.attempt(await begin(7));
  t.match((await setOf(4.5)).expiredBecause, /keeps 2 complete sets/, 'and expires as the others do');

  for (const { id } of policies) bed.simulator.tenants()[0]?.state.remove(path, id);
  t.equal(await bed.attempt(await begin(8)), '0 policies added', 'an empty set');
  t.equal((await setOf(6)).expiredBecause, null, 'and it pushes out none');
});
