import t from 'tap';
import { z } from 'zod';
import type { CommandBus } from '../../src/bus/command-bus.js';
import { createInProcessBus } from '../../src/bus/in-process/in-process-bus.js';
import { systemChance, systemClock } from '../../src/clock.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { defineOperation } from '../../src/operations/define.js';
import { createOperationRegistry } from '../../src/operations/registry.js';
import { productEvents } from '../../src/program/product-events.js';
import { startRun } from '../../src/starting/start-run.js';
import { silent } from '../support/database.js';
import { PERSON, TENANT } from '../support/decider-spec.js';
import { createMemoryLog } from '../support/memory-log.js';
import { noArtifacts } from '../support/no-artifacts.js';
import { createTestWorker } from '../support/test-worker.js';

const OTHER_TENANT = '99999999-9999-4999-8999-999999999999';
const PUBLISH_WITHIN_MS = 1_000;

/**
 * Goal: who can write to the bus alone makes nothing happen. Method: a worker gets forged commands, and then a true
 * one; when that is carried out, the log holds its run and nothing else.
 */
t.test('a forged command starts nothing that the log does not have', async (t) => {
  const log = createMemoryLog();
  const ledger = createLedger({ events: productEvents, log, clock: systemClock, chance: systemChance });
  const bus = createInProcessBus({ clock: systemClock });
  const handled: string[] = [];
  const operation = (type: string) =>
    defineOperation({
      type,
      label: type,
      description: 'Notes who it is carried out for.',
      itemisedBy: 'nothing',
      input: z.strictObject({}),
      scope: z.strictObject({}),
      context: z.strictObject({}),
      plan: async () => ({ plan: { scope: {}, context: {}, title: type, total: 0, related: [] } }),
      async handle(run) {
        handled.push(`${type} ${run.tenantId}`);
        return { summary: 'Done', related: [] };
      },
    });
  const operations = createOperationRegistry([operation('test.plain'), operation('test.mighty')]);
  const worker = createTestWorker(
    { ledger, bus, operations, logger: silent },
    { limits: { total: 1, perTenant: 1, perType: {} } },
  );
  t.teardown(async () => {
    await worker.stop();
    await bus.close();
  });

  /** On the way to the bus somebody adds a command that has the same run carried out as another type. */
  const tampered: CommandBus = {
    ...bus,
    async publish(command, options) {
      await bus.publish({ ...command, type: 'test.mighty' }, options);
      return bus.publish(command, options);
    },
  };
  const start = async () => {
    const deps = { ledger, bus: tampered, operations, clock: systemClock, logger: silent };
    const answer = await startRun(
      { ...deps, artifacts: noArtifacts, publishTimeoutMs: PUBLISH_WITHIN_MS },
      {
        tenantId: TENANT,
        type: 'test.plain',
        input: {},
        initiator: { kind: 'member', personId: PERSON },
        correlationId: 'request',
        connected: true,
        allows: () => true,
      },
    );
    if (answer.kind === 'refused') throw new Error(answer.message);
    return answer.runId;
  };
  const ended = async (runs: number) => {
    const until = { after: undefined, streamPrefixes: ['operation-'], signal: new AbortController().signal };
    let closed = 0;
    for await (const seen of log.subscribe(until))
      if (seen.kind === 'event' && seen.event.type === 'RunCompleted' && ++closed === runs) return;
  };

  const [key = ''] = (await start()).split('-');
  const forged = [
    // A run of this tenant, claimed for another one.
    { tenantId: OTHER_TENANT, type: 'test.plain', runId: `${key}-0` },
    // A run that was never started, in a stream that is there and in one that isn't.
    { tenantId: TENANT, type: 'test.plain', runId: `${key}-1` },
    { tenantId: TENANT, type: 'test.mighty', runId: `${'f'.repeat(32)}-0` },
  ];
  for (const command of forged)
    await bus.publish({ ...command, correlationId: 'forged' }, { timeoutMs: PUBLISH_WITHIN_MS });
  worker.start();
  await ended(1);
  await start();
  await ended(2);
  t.strictSame(handled, [`test.plain ${TENANT}`, `test.plain ${TENANT}`], 'only started runs are worked on');
  t.strictSame(
    log.events.map(({ type, stream }) => `${type} in ${stream.split('.')[0]}`),
    ['RunQueued', 'RunStarted', 'RunCompleted', 'RunQueued', 'RunStarted', 'RunCompleted'].map(
      (type) => `${type} in operation-${TENANT}`,
    ),
    'and nothing else is in the log',
  );
});
