import t from 'tap';
import { dispatchProjection } from '../../projections/dispatch/active-runs-projection.js';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { createInProcessBus } from '../../src/bus/in-process/in-process-bus.js';
import { systemClock } from '../../src/clock.js';
import { DatabaseUnavailableError } from '../../src/db/database-trouble.js';
import { createPartReports } from '../../src/db/part-reports.js';
import { createRecentTroubles } from '../../src/db/recent-troubles.js';
import { createSystemStatus } from '../../src/program/system-status.js';
import { projectorBed } from '../projections/projector-bed.js';
import { arrive } from '../projections/read-models.js';
import { silent } from '../support/database.js';
import { createEventBuilder } from '../support/event-builder.js';
import { until } from '../support/until.js';

const WITHIN_MS = 120_000;

t.test('the status names the operation that dispatch has set aside', async (t) => {
  const bed = await projectorBed(t);
  const { log, chance, queue } = createEventBuilder();
  await queue(chance.uuid(), chance.hex(32));
  const unknown = { id: chance.uuid(), type: 'WrittenByNobody', data: {}, metadata: {} };
  await log.append('operation-x.1', [unknown], -1);
  const projector = bed.start(log, { projection: dispatchProjection });
  await arrive(projector, log);

  const clock = systemClock;
  const bus = createInProcessBus({ clock, logger: silent });
  t.teardown(() => bus.close());
  let hubTrouble: Error | undefined;
  const system = createSystemStatus({
    hub: hubProjection,
    log,
    db: bed.db,
    bus,
    clock,
    logger: silent,
    directory: { trouble: undefined },
    troubles: createRecentTroubles(clock),
    clocks: { words: () => undefined },
    partReports: createPartReports(bed.plain),
    askAsHub: () => (hubTrouble ? Promise.reject(hubTrouble) : Promise.resolve()),
    hubVariable: 'HUB_DATABASE_URL',
    workerTypes: ['test.work'],
  });
  system.start();
  t.teardown(() => system.stop());
  const said = () => system.status().parts['dispatch projector'];
  for (const began = performance.now(); performance.now() - began < WITHIN_MS; await clock.sleep(20))
    if (said()?.state === 'degraded') break;
  t.match(said(), {
    state: 'degraded',
    detail: 'goes on without one operation, which waits at an event that this program can’t read',
    blockedBy: { event: 'operation-x.1@0', reason: /unknown type/ },
  });

  const database = () => system.status().parts.PostgreSQL;
  await until(() => database()?.detail === 'answers');
  hubTrouble = new DatabaseUnavailableError('login-refused', new Error('no'));
  await until(() => database()?.state === 'down');
  t.match(database()?.detail, /^refuses the program’s login, for the login .*\(HUB_DATABASE_URL\)$/);
});
