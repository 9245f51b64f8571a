import t from 'tap';
import { dueTimesEntity } from '../../../src/entities/schedule/due-times.js';
import { recordStartByHand } from '../../../src/entities/schedule/record-start-by-hand.js';
import { EMPTY_HEAD } from '../../../src/ledger/stream-head.js';
import { createEventBuilder } from '../../support/event-builder.js';

const TENANT = '1f2d3c4b-0000-4000-8000-000000000001';
const schedule = { tenantId: TENANT, scheduleId: '1f2d3c4b-0000-4000-8000-0000000000c1' };
const [ANN, BOB] = ['1f2d3c4b-0000-4000-8000-00000000000a', '1f2d3c4b-0000-4000-8000-00000000000b'];
const started = (personId: string, run: number) => ({
  dueAt: '2026-11-26T09:30:00.000Z',
  runId: `${'0'.repeat(32)}-${run}`,
  joined: personId === BOB,
  initiator: { kind: 'member', personId } as const,
});
const context = {
  tenantId: TENANT,
  correlationId: 'c',
  causationId: 'c',
  actor: { kind: 'worker', id: 'w' },
} as const;

t.test('each person’s start of a run is recorded once, whoever writes it at the same time', async (t) => {
  const { ledger, log } = createEventBuilder();
  const record = (personId: string, run: number) =>
    recordStartByHand(ledger, schedule, started(personId, run), (stream, draft, head) =>
      ledger.append(stream, head, [draft], context),
    );
  // The page and the worker of the run record the same start; others start and join meanwhile.
  await Promise.all([record(ANN, 0), record(ANN, 0), record(BOB, 0), record(ANN, 1), record(ANN, 0)]);
  await record(BOB, 0);
  const recorded = log.events.map(({ data }) => {
    const { initiator, runId } = data as ReturnType<typeof started>;
    return `${initiator.personId === ANN ? 'Ann' : 'Bob'} ${runId.slice(-1)}`;
  });
  t.strictSame(recorded.sort(), ['Ann 0', 'Ann 1', 'Bob 0']);
});

t.test('an event of version 1, which names nobody, counts for its run', async (t) => {
  const { ledger } = createEventBuilder();
  const stream = dueTimesEntity.stream(TENANT, schedule.scheduleId);
  const { dueAt, runId } = started(ANN, 0);
  const draft = {
    type: 'ScheduleStartedByHand',
    data: { dueAt, runId, initiator: null, joined: false },
  } as const;
  await ledger.append(stream, EMPTY_HEAD, [draft], context);
  let appended = 0;
  const append = async () => {
    appended += 1;
  };
  await recordStartByHand(ledger, schedule, started(BOB, 0), append);
  t.equal(appended, 0);
  await recordStartByHand(ledger, schedule, started(BOB, 1), append);
  t.equal(appended, 1);
});
