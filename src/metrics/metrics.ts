import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ProjectorState, ProjectorStatus } from '../../projections/engine/progress.js';
import { appVersion } from '../app-version.js';
import type { EventStoreStatistics } from '../embedded/event-store/index.js';

export type ProjectorFigures = Pick<ProjectorStatus, 'state' | 'position' | 'lagSeconds'>;

const PART_STATES = ['ok', 'degraded', 'down'] as const;
/** The state of each part of the health page, by name. */
type PartStates = Readonly<Record<string, { readonly state: (typeof PART_STATES)[number] }>>;

/** The metrics of a process for Prometheus. They name no tenant, person or run. */
export interface Metrics {
  /** Adds the event store that this process started; when `read` rejects, the store is shown as down. */
  followEventStore(read: () => Promise<EventStoreStatistics>): void;
  followProjector(name: string, read: () => ProjectorFigures): void;
  /** Adds the number of runs that the worker is carrying out. */
  followWorker(runs: () => number): void;
  /** Adds the servers' clocks minus this process's clock, in seconds by server. */
  followClocks(read: () => ReadonlyMap<string, number>): void;
  followBus(isUp: () => boolean): void;
  /** Adds the parts of the health page, each with its state; of all states of a part one is 1. */
  followParts(read: () => PartStates): void;
  /** All present values in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

const EVENT_STORE_GAUGES = ['events', 'streams', 'bytes', 'subscriptions'] as const;
/** States of a projector that works normally. */
const PROJECTOR_UP = new Set<ProjectorState>(['leading', 'standby']);

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `opsledger_${name}`, help, labelNames, registers });
  /** Functions that update the gauges before each collection, one after the other. */
  const reads: (() => Promise<void> | void)[] = [];

  gauge('build_info', 'The running version, as a label', ['version']).set({ version: appVersion }, 1);

  function followEventStore(read: () => Promise<EventStoreStatistics>): void {
    const up = gauge('event_store_up', 'Whether the embedded event store answers');
    const gauges = {
      events: gauge('event_store_events', 'Events in the embedded event store'),
      streams: gauge('event_store_streams', 'Streams ever begun in the embedded event store'),
      bytes: gauge('event_store_log_bytes', 'Bytes of the embedded event store’s log files'),
      subscriptions: gauge('event_store_subscriptions', 'Open subscriptions to the embedded event store'),
    };
    const damaged = gauge('event_store_damaged', 'Whether a check found damage in the event store’s files');
    const appends = new Counter({
      name: 'opsledger_event_store_appends_total',
      help: 'Appends that the embedded event store acknowledged since it started',
      registers,
    });
    reads.push(async () => {
      const figures = await read().catch(() => undefined);
      up.set(figures ? 1 : 0);
      for (const metric of [...Object.values(gauges), damaged, appends]) metric.remove();
      if (!figures) return;
      for (const name of EVENT_STORE_GAUGES) gauges[name].set(figures[name]);
      damaged.set(figures.damage === undefined ? 0 : 1);
      appends.inc(figures.appends);
    });
  }

  const projectorUp = gauge('projector_up', 'Whether the projector applies events or stands by', [
    'projection',
  ]);
  const position = gauge('projector_position', 'Log position up to which all is in the rows', ['projection']);
  const lag = gauge('projector_lag_seconds', 'Age of the oldest event that is not in the rows yet', [
    'projection',
  ]);

  function followProjector(projection: string, read: () => ProjectorFigures): void {
    reads.push(() => {
      const { state, position: reached, lagSeconds } = read();
      projectorUp.set({ projection }, PROJECTOR_UP.has(state) ? 1 : 0);
      position.set({ projection }, reached);
      if (lagSeconds === null) lag.remove({ projection });
      else lag.set({ projection }, lagSeconds);
    });
  }

  function followWorker(runs: () => number): void {
    const inHand = gauge('worker_runs', 'Runs that this process’s worker has in hand');
    reads.push(() => inHand.set(runs()));
  }

  function followBus(isUp: () => boolean): void {
    const up = gauge('command_bus_up', 'Whether commands can be handed to the bus');
    reads.push(() => up.set(isUp() ? 1 : 0));
  }

  function followParts(read: () => PartStates): void {
    const partState = gauge('part_state', 'Whether a part of the health page is in this state', [
      'part',
      'state',
    ]);
    reads.push(() => {
      partState.reset();
      for (const [part, { state: current }] of Object.entries(read()))
        for (const state of PART_STATES) partState.set({ part, state }, state === current ? 1 : 0);
    });
  }

  function followClocks(read: () => ReadonlyMap<string, number>): void {
    const difference = gauge('clock_difference_seconds', 'The server’s clock minus this process’s', [
      'server',
    ]);
    reads.push(() => {
      difference.reset();
      for (const [server, seconds] of read()) difference.set({ server }, seconds);
    });
  }

  return {
    followClocks,
    followEventStore,
    followProjector,
    followWorker,
    followBus,
    followParts,
    async text() {
      for (const read of reads) await read();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}
