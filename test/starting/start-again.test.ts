import { pino } from 'pino';
import t from 'tap';
import { z } from 'zod';
import type { Capability } from '../../src/access/capabilities.js';
import { createInProcessBus } from '../../src/bus/in-process/in-process-bus.js';
import { systemClock } from '../../src/clock.js';
import { isEvent } from '../../src/ledger/event-registry.js';
import { defineOperation } from '../../src/operations/define.js';
import { createOperationRegistry } from '../../src/operations/registry.js';
import { queuedEvent, readRun } from '../../src/runs/read-operation.js';
import { RunQueued } from '../../src/runs/run-events.js';
import { streamOfRun } from '../../src/runs/run-streams.js';
import { type StartAgainRequest, startAgain } from '../../src/starting/start-again.js';
import { type RunStart, startRun } from '../../src/starting/start-run.js';
import { PERSON, TENANT } from '../support/decider-spec.js';
import { createEventBuilder } from '../support/event-builder.js';
import { noArtifacts } from '../support/no-artifacts.js';

const logger = pino({ level: 'silent' });
const OTHER_TENANT = '99999999-9999-4999-8999-999999999999';
const inputSchema = z.strictObject({ size: z.int().default(1), live: z.boolean().default(false) });

/** Live ones take more than others. */
const sized = defineOperation({
  type: 'test.sized',
  label: 'Sized',
  description: 'Has a size.',
  itemisedBy: 'nothing',
  input: inputSchema,
  scope: inputSchema,
  context: inputSchema,
  capability: ({ live }) => (live ? 'restores.start_live' : 'runs.start'),
  plan: async (input) => ({
    plan: { scope: input, context: input, title: 'Sized', total: 0, related: [] },
  }),
  handle: async () => ({ summary: 'Done', related: [] }),
});

function setUp() {
  const { ledger, queue, toRun } = createEventBuilder();
  const deps = {
    ledger,
    bus: createInProcessBus({ clock: systemClock, logger }),
    operations: createOperationRegistry([sized]),
    clock: systemClock,
    logger,
    artifacts: noArtifacts,
    publishTimeoutMs: 1_000,
  };
  const asked = {
    tenantId: TENANT,
    initiator: { kind: 'member', personId: PERSON },
    correlationId: 'the request',
    allows: () => true,
    connected: true,
  } as const;
  return {
    ledger,
    queue,
    start: (over: Partial<RunStart>) => startRun(deps, { ...asked, type: 'test.sized', input: {}, ...over }),
    again: (runId: string, over: Partial<StartAgainRequest> = {}) =>
      startAgain(deps, { ...asked, runId, ...over }),
    end: async (runId: string) => {
      const counts = { total: 0, processed: 0, succeeded: 0, failed: 0, skipped: 0 };
      await ledger.append(
        streamOfRun(TENANT, runId),
        { ...(await headOf(runId)) },
        [
          { type: 'RunStarted', data: { attempt: 1, worker: 'w' } },
          { type: 'RunCompleted', data: { counts, related: [], summary: 'Done' } },
        ],
        {
          tenantId: TENANT,
          runId,
          runStart: 0,
          actor: { kind: 'worker', id: 'w' },
          correlationId: 'c',
          causationId: 'c',
        },
      );
    },
    toRun,
  };
  async function headOf(runId: string) {
    const last = await ledger.last(streamOfRun(TENANT, runId));
    if (!last) throw new Error('there is no such run');
    return { revision: last.revision, hash: last.envelope.hash, at: Date.parse(last.envelope.at) };
  }
}

async function started(result: Awaited<ReturnType<typeof startRun>>): Promise<string> {
  if (result.kind !== 'started') throw new Error(JSON.stringify(result));
  return result.runId;
}

t.test('an ended run starts again with the input that it was given, and is its cause', async (t) => {
  const { start, again, end, ledger } = setUp();
  const first = await started(await start({ input: { size: 7 } }));
  t.match(await again(first), { kind: 'refused', code: 'run_not_ended', runId: first });
  await end(first);
  const second = await started(await again(first));
  for await (const event of readRun(ledger, TENANT, second))
    if (isEvent(event, RunQueued)) {
      t.match(event.data, {
        input: { size: 7 },
        context: { size: 7, live: false },
        causedBy: { runId: first, relation: 'started_again' },
      });
      t.equal(event.envelope.$causationId, 'the request', 'a person’s request caused it');
    }
});

t.test('an edited input takes the place of the old one', async (t) => {
  const { start, again, end, ledger } = setUp();
  const first = await started(await start({ input: { size: 7 } }));
  await end(first);
  const second = await started(await again(first, { input: { size: 8 } }));
  t.match((await queuedEvent(ledger, TENANT, second))?.data, { input: { size: 8 } });
});

t.test('a new start needs the capability that the type asks for with that input', async (t) => {
  const { start, again, end } = setUp();
  const operator = (capability: Capability) => capability === 'runs.start';
  t.match(await start({ input: { live: true }, allows: operator }), { code: 'not_permitted' });
  const live = await started(await start({ input: { live: true } }));
  await end(live);
  t.match(await again(live, { allows: operator }), { kind: 'refused', code: 'not_permitted' });
  t.match(await again(live, { allows: operator, input: { live: false } }), { kind: 'started' });
});

t.test('a cause must be an existing run of the same tenant', async (t) => {
  const { start, again, end } = setUp();
  const first = await started(await start({}));
  await end(first);
  t.match(await again(first, { tenantId: OTHER_TENANT }), { kind: 'refused', code: 'unknown_cause' });
  for (const runId of [`${'0'.repeat(32)}-0`, 'nonsense', first.replace(/-0$/, '-1')]) {
    const causedBy = { runId, relation: 'needed_by' };
    t.match(await start({ input: { size: 2 }, causedBy }), { code: 'unknown_cause' }, runId);
  }
  const causedBy = { runId: first, relation: 'needed_by' };
  t.match(await start({ input: { size: 2 }, causedBy, tenantId: OTHER_TENANT }), { code: 'unknown_cause' });
  t.match(await start({ input: { size: 2 }, causedBy }), { kind: 'started' });
});

t.test('a run without a recorded input can’t be started again, and says so', async (t) => {
  const { queue, toRun, again } = setUp();
  const key = 'ab'.repeat(16);
  const old = await queue(TENANT, key, { type: 'test.sized', input: null });
  const counts = { total: 0, processed: 0, succeeded: 0, failed: 0, skipped: 0 };
  await toRun(TENANT, old, { type: 'RunCompleted', data: { counts, related: [], summary: 'Done' } });
  t.match(await again(old), { kind: 'refused', code: 'input_not_kept' });
  t.match(await again(old, { input: { size: 3 } }), { kind: 'started' });
});
