import { byItself, type Fault, PAST_CLAIMS_MS } from './fault.js';
import type { KeptProcess } from './kept-running.js';
import type { Stage } from './stage.js';

const HOUR_S = 3_600;

const frozen =
  (processes: (stage: Stage) => readonly KeptProcess[]): Fault['begin'] =>
  async (stage) => {
    for (const process of processes(stage)) process.signal('SIGSTOP');
    return () => {
      for (const process of processes(stage)) process.signal('SIGCONT');
    };
  };

const killed =
  (process: (stage: Stage) => KeptProcess | Promise<KeptProcess>): Fault['begin'] =>
  async (stage) => {
    (await process(stage)).signal('SIGKILL');
    return byItself;
  };

const clock =
  (name: string, seconds: number): Fault['begin'] =>
  async ({ clocks }) => {
    clocks.get(name)?.set(seconds);
    return () => clocks.get(name)?.set(0);
  };

/** The worker that sends pending runs again at the moment. */
async function dispatcher({ asAdmin, workers }: Stage): Promise<KeptProcess> {
  const [lease] = await asAdmin(`select holder from liveness.leases where name = 'dispatcher'`);
  return workers.find(({ name }) => String(lease?.holder).startsWith(name)) ?? workers[0];
}

/** Faults of the product's own processes. */
export const PROCESS_FAULTS: readonly Fault[] = [
  {
    name: 'no worker: all were stopped',
    words: /workers: no sign of life: no process ran one lately; runs wait/,
    healthz: 'degraded',
    async begin({ workers }) {
      await Promise.all(workers.map((worker) => worker.pause('SIGTERM')));
      return () => {
        for (const worker of workers) worker.resume();
      };
    },
  },
  {
    name: 'every worker frozen',
    words: /workers: no sign of life: the last one \d+ s ago; runs wait/,
    healthz: 'degraded',
    begin: frozen(({ workers }) => workers),
  },
  {
    name: 'one worker frozen past its claims',
    holdMs: PAST_CLAIMS_MS,
    begin: frozen(({ workers }) => workers.slice(1)),
  },
  { name: 'a worker killed', begin: killed(({ workers }) => workers[0]) },
  { name: 'the worker that dispatches killed', begin: killed(dispatcher) },
  { name: 'the projector killed', begin: killed(({ projector }) => projector) },
  {
    name: 'the projector frozen',
    words: /hub projector: has given no sign of life for/,
    healthz: 'down',
    begin: frozen(({ projector }) => [projector]),
  },
  { name: 'the web process killed', healthz: 'no answer', begin: killed(({ web }) => web) },
  { name: 'the web process frozen', healthz: 'no answer', begin: frozen(({ web }) => [web]) },
];

/** Wrong clocks, both ways. They need libfaketime. */
export const CLOCK_FAULTS: readonly Fault[] = [
  {
    name: 'a worker’s clock a day ahead',
    words: /workers: worker 1: its clock is 86[34]\d\d\.\d s ahead of the event store’s: nothing is recorded/,
    healthz: 'degraded',
    begin: clock('worker 1', 86_400),
  },
  {
    name: 'a worker’s clock 15 s behind',
    words: /workers: worker 1: its clock is 1[45]\.\d s behind/,
    healthz: 'degraded',
    begin: clock('worker 1', -15),
  },
  {
    name: 'the web process’s clock 75 s behind',
    words: /this machine’s clock: is 7\d\.\d s behind the event store’s: nothing is recorded/,
    healthz: 'degraded',
    begin: clock('web', -75),
  },
  {
    name: 'the web process’s clock an hour ahead',
    words: /this machine’s clock: is 3[56]\d\d\.\d s ahead of the event store’s: nothing is recorded/,
    healthz: 'degraded',
    begin: clock('web', HOUR_S),
  },
  {
    name: 'the projector’s clock 75 s behind',
    words: /other processes: projector: its clock is 7\d\.\d s behind/,
    healthz: 'degraded',
    begin: clock('projector', -75),
  },
  {
    name: 'the event store’s clock an hour ahead',
    words: /this machine’s clock: is 3[56]\d\d\.\d s behind the event store’s: nothing is recorded/,
    healthz: 'degraded',
    begin: clock('event store', HOUR_S),
  },
  {
    name: 'every clock back by an hour at once',
    async begin({ clocks }) {
      for (const clock of clocks.values()) clock?.set(-HOUR_S);
      return () => {
        for (const clock of clocks.values()) clock?.set(0);
      };
    },
  },
];
