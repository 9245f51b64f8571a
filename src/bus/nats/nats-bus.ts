/**
 * The command bus on NATS JetStream: one work-queue stream that holds each run's command at most once, one durable
 * consumer for each operation type, shared by all processes.
 */
import type { ConnectionOptions } from 'nats';
import { type Logger, pino } from 'pino';
import { type Chance, type Clock, systemChance } from '../../clock.js';
import { BUS_TIMES, type BusTimes, WAITING_COMMANDS_MAX } from '../bus-limits.js';
import { closeWithin } from '../close-within.js';
import { BusUnavailableError, type CommandBus } from '../command-bus.js';
import { checkCommand, checkType } from '../command-codec.js';
import { type NatsConsumption, startNatsConsumption } from './nats-consumption.js';
import { type NatsCredentials, type NatsSession, openNatsLink } from './nats-link.js';
import { createNatsPublisher } from './nats-publisher.js';
import { probePermissions } from './permission-probe.js';
import { BUS_NAMES } from './subjects.js';
import { ensureConsumer, ensureStream, replaceStream, type TopologyOptions } from './topology.js';

export interface NatsBusOptions extends Partial<BusTimes> {
  /** `nats://host:port`; several addresses are separated by commas. */
  readonly servers: string;
  readonly clock: Clock;
  readonly chance?: Pick<Chance, 'fraction'>;
  readonly logger?: Logger;
  readonly credentials?: NatsCredentials;
  readonly tls?: ConnectionOptions['tls'];
  /** Two installations on one server need different stream names and prefixes. */
  readonly streamName?: string;
  readonly subjectPrefix?: string;
  /** A command that its process doesn't keep alive for this long is delivered to another process. */
  readonly ackWaitMs: number;
  /** The number of copies of the stream in a NATS cluster; without it, as an administrator set it. */
  readonly replicas?: number;
  readonly clientName?: string;
}

const ACK_WAIT_MIN_MS = 300;

/**
 * Connects in the background and never gives up; `health` shows the state. Errors: RangeError for an `ackWaitMs` that
 * is too short to keep commands alive.
 */
export function createNatsBus(options: NatsBusOptions): CommandBus {
  const { clock, chance = systemChance, logger: log = pino({ enabled: false }), ackWaitMs } = options;
  const { throwDelayMs, closeLimitMs, closeGraceMs } = { ...BUS_TIMES, ...options };
  if (!(ackWaitMs >= ACK_WAIT_MIN_MS)) throw new RangeError(`ackWaitMs must be at least ${ACK_WAIT_MIN_MS}`);
  const topology: TopologyOptions = {
    names: {
      stream: options.streamName ?? BUS_NAMES.stream,
      prefix: options.subjectPrefix ?? BUS_NAMES.prefix,
    },
    ackWaitMs,
    replicas: options.replicas,
    waitingCommandsMax: WAITING_COMMANDS_MAX,
  };
  /** The problems of each part while the server can be reached. */
  const problems = new Map<string, string>();
  const link = openNatsLink({
    servers: options.servers,
    credentials: options.credentials,
    tls: options.tls,
    clientName: options.clientName ?? 'opsledger',
    clock,
    chance,
    log,
  });
  const streams = keepStream(topology);
  const publish = createNatsPublisher({
    link,
    names: topology.names,
    clock,
    ensureStream: streams.ensure,
    onStreamMissing: streams.forget,
    replaceStream: streams.replace,
    report: (problem) => report('publishing', problem),
  });
  const closing = new AbortController();
  void probePermissions({ link, names: topology.names, clock }, closing.signal);
  const consumptions = new Set<NatsConsumption>();
  let closed: Promise<void> | undefined;

  function report(part: string, problem: string | undefined): void {
    if (problem === undefined) problems.delete(part);
    else problems.set(part, problem);
  }

  async function closeAll(): Promise<void> {
    closing.abort();
    const ended = await closeWithin({
      clock,
      drained: Promise.all([...consumptions].map((consumption) => consumption.stop())),
      limitMs: closeLimitMs,
      graceMs: closeGraceMs,
      abort() {
        for (const consumption of consumptions) consumption.abort(new Error('the command bus is closing'));
      },
    });
    if (!ended) log.warn('the command bus closed while handlers were still running');
    for (const consumption of consumptions) consumption.abandon();
    await link.close();
  }

  return {
    async publish(command, { timeoutMs }) {
      const checked = checkCommand(command);
      if (closed !== undefined) throw new BusUnavailableError('the command bus is closed');
      return publish(checked, timeoutMs);
    },
    consume(consumeOptions, handle) {
      if (closed !== undefined) throw new BusUnavailableError('the command bus is closed');
      consumeOptions.types.forEach(checkType);
      const consumption = startNatsConsumption(
        {
          ...consumeOptions,
          link,
          names: topology.names,
          ackWaitMs,
          throwDelayMs,
          async ensure(session, type) {
            streams.forget(session);
            await streams.ensure(session);
            await ensureConsumer(session, type, topology);
          },
          report,
          clock,
          chance,
          log,
        },
        handle,
      );
      consumptions.add(consumption);
      return {
        pause: consumption.pause,
        resume: consumption.resume,
        stop: () => consumption.stop().finally(() => consumptions.delete(consumption)),
      };
    },
    health() {
      const reachable = link.health();
      const [problem] = problems.values();
      return reachable.ok && problem !== undefined ? { ok: false, detail: problem } : reachable;
    },
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}

/** Remembers the session in which the stream was ensured, and lets several callers share that work. */
function keepStream(topology: TopologyOptions) {
  let known: { readonly session: NatsSession; readonly ensured: Promise<void> } | undefined;
  let replacing: Promise<void> | undefined;
  return {
    ensure(session: NatsSession): Promise<void> {
      if (known?.session !== session) {
        const ensured = ensureStream(session, topology).catch((error) => {
          if (known?.ensured === ensured) known = undefined;
          throw error;
        });
        known = { session, ensured };
      }
      return known.ensured;
    },
    forget(session: NatsSession): void {
      if (known?.session === session) known = undefined;
    },
    replace(session: NatsSession): Promise<void> {
      replacing ??= replaceStream(session, topology).finally(() => {
        replacing = undefined;
      });
      return replacing;
    },
  };
}
