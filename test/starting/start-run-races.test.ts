import { randomUUID } from 'node:crypto';
import t from 'tap';
import { createFaultBed, longRun, PERSON, TENANT } from '../support/fault-bed.js';
import { FAULT_TYPE } from '../support/fault-operations.js';
import type { FaultStart } from '../support/fault-task.js';
import { brokenPromises, wholeLog } from '../support/promise-checker.js';
import { skipWithoutNats } from '../support/system-parts.js';

const PROCESSES = 4;
const KEYS = longRun ? 1_000 : 60;
const STARTS = longRun ? 10_000 : 1_200;
const PEOPLE = ['1f2d3c4b-0000-4000-8000-00000000000b', '1f2d3c4b-0000-4000-8000-00000000000c'];
const context = { items: 1, changes: false, pauseMs: 0, mood: 'well' };

const startOf = (key: number, over: Partial<FaultStart> = {}): FaultStart => ({
  tenantId: TENANT,
  personId: PEOPLE[key % PEOPLE.length] ?? PERSON,
  type: FAULT_TYPE,
  key: `${key}`,
  correlationId: randomUUID(),
  context,
  ...over,
});

interface Answer {
  readonly key: string;
  readonly kind: 'started' | 'reused';
  readonly runId: string;
  readonly tenantId: string;
}

t.test('starts race from four processes on the real protocol', { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  const requests = Array.from({ length: STARTS / PROCESSES }, (_, index) => startOf(index % KEYS));

  const starters = Array.from({ length: PROCESSES }, () =>
    bed.launch({ kind: 'starter', dieBeforePublish: false, requests }),
  );
  const answers = (await Promise.all(starters.map(answersOf))).flat();

  const runOfFirstKey = answers.find(({ key }) => key === '0')?.runId ?? '';

  await t.test('one run is active for each key, and every caller gets its id', async (t) => {
    t.equal(answers.length, STARTS);
    t.same(await brokenPromises(bed.log, { answers, settled: false }), []);
    t.equal(new Set(answers.map(({ runId }) => runId)).size, KEYS, 'as many runs as keys');
    const started = answers.filter(({ kind }) => kind === 'started');
    t.equal(started.length, KEYS, 'one start a key made its run, all others joined it');
  });

  await t.test('a person who joined a run is recorded once', async (t) => {
    const asked = (await wholeLog(bed.log)).filter(({ type }) => type === 'RunAsked');
    t.equal(new Set(asked.map(({ stream }) => stream)).size, asked.length);
    t.equal(asked.length, KEYS, 'each key was asked for by one person');
  });

  await t.test('another context under an active key is refused with a link', async (t) => {
    const other = bed.launch({
      kind: 'starter',
      dieBeforePublish: false,
      requests: [startOf(0, { context: { ...context, items: 2 } })],
    });
    const line = JSON.parse((await other.line()) ?? '{}');
    t.match(line, { refused: 'another_run_active', runId: runOfFirstKey });
  });

  await t.test('after the end the next start makes a new run in the same stream', async (t) => {
    await Promise.all([
      bed.process({ kind: 'program', roles: ['projector'] }),
      bed.process({ kind: 'program', roles: ['worker'] }),
    ]);
    await bed.settled(KEYS);
    const again = await bed.start('0', { ...context, mood: 'well' });
    if (again.kind !== 'started') throw new Error(`it was ${again.kind}`);
    t.not(again.runId, runOfFirstKey);
    t.equal(again.runId.split('-')[0], runOfFirstKey.split('-')[0], 'one key, one stream');
    await bed.settled(KEYS + 1);
    t.same(await brokenPromises(bed.log, { answers, settled: true }), []);
  });
});

async function answersOf(starter: { line(): Promise<string | undefined> }): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let line = await starter.line(); line !== undefined; line = await starter.line())
    answers.push(JSON.parse(line));
  return answers;
}
