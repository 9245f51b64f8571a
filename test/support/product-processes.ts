import type { Test } from 'tap';
import { systemChance, systemClock } from '../../src/clock.js';
import type { RawEvent } from '../../src/ledger/event-log.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { productEvents } from '../../src/program/product-events.js';
import type { ProgramRole } from '../../src/program/program-context.js';
import { createFaultBed, type SupervisedProcess, TENANT } from './fault-bed.js';
import { freePort } from './free-port.js';
import { issueTestToken } from './issue-test-token.js';
import { wholeLog } from './promise-checker.js';
import { until } from './until.js';

export interface NamedProcess extends SupervisedProcess {
  /** Also the worker's name in the events. */
  readonly name: string;
}

/**
 * Two web processes, two workers and a projector of the product on real servers. The web processes are asked over their
 * API. The test sends the workers the time by which schedules come due.
 */
export async function startProductProcesses(t: Test, graphUrl: string) {
  const bed = await createFaultBed(t);
  const parts = { clock: systemClock, chance: systemChance };
  const ledger = createLedger({ ...parts, events: productEvents, log: bed.log });
  await bed.connectTenant(graphUrl);

  const capabilities = [
    ...['backups.manage', 'runs.start', 'restores.start_live'],
    ...['run.read', 'hub.read', 'features.read'],
  ];
  const means = { ...parts, ledger, primary: bed.database.db };
  const { token } = await issueTestToken(means, { tenantId: TENANT, name: 'test', capabilities });

  const start = async (name: string, roles: ProgramRole[], port = 0): Promise<NamedProcess> => {
    const environment = { OPSLEDGER_WORKER_NAME: name, OPSLEDGER_PORT: String(port) };
    const supervised = await bed.supervise({ kind: 'program', roles, movesDueTimes: true }, environment);
    return { ...supervised, name };
  };
  const ports = [await freePort(), await freePort()];
  const webs = await Promise.all(ports.map((port, index) => start(`web-${index}`, ['web'], port)));
  const workers = await Promise.all(['worker-0', 'worker-1'].map((name) => start(name, ['worker'])));
  const projector = await start('projector', ['projector']);

  return {
    bed,
    ledger,
    workers,
    /** Sends a request to one of the web processes, again until that is up and knows the token. */
    async post(web: 0 | 1, path: string, body: object): Promise<Record<string, unknown>> {
      const answer = await until(async () => {
        const answered = await fetch(`http://127.0.0.1:${ports[web]}/api/v1/tenants/faults${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }).catch(() => undefined);
        return answered && ![401, 403, 502, 503].includes(answered.status) && answered;
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
      return JSON.parse(text);
    },
    /** The events of a type in the whole log. */
    events: async (type: string): Promise<readonly RawEvent[]> =>
      (await wholeLog(bed.log)).filter((event) => event.type === type),
    stop: () => Promise.all([...webs, ...workers, projector].map((process) => process.stop())),
  };
}
