/**
 * Creates the stream and its consumers if they are missing and updates them if they differ. Several processes may do
 * this at the same time, and again after the server lost its data.
 */
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamManager,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from 'nats';
import { isNotFound } from './js-errors.js';
import type { NatsSession } from './nats-link.js';
import { type BusNames, durableName, typeFilter } from './subjects.js';

/** How long JetStream may take to answer; after that the caller tries again. */
const API_TIMEOUT_MS = 5_000;
/** The most pulls that may wait on one consumer, so also the most processes that may serve one type. */
const PULLS_WAITING_MAX = 512;

export interface TopologyOptions {
  readonly names: BusNames;
  readonly ackWaitMs: number;
  /** The number of copies of the stream in a NATS cluster; undefined leaves it as an administrator set it, 1 at first. */
  readonly replicas: number | undefined;
  readonly waitingCommandsMax: number;
}

/** Creates or updates the stream; may be called again after an error. Errors: those of JetStream, or a timeout. */
export async function ensureStream(session: NatsSession, options: TopologyOptions): Promise<void> {
  const jsm = await managerOf(session);
  const wanted = streamConfig(options);
  const { name, retention, storage, ...changeable } = wanted;
  const found = await orUndefined(jsm.streams.info(name));
  if (found === undefined) await jsm.streams.add(wanted);
  else if (differs(found.config, changeable)) await jsm.streams.update(name, changeable);
}

/**
 * Creates the stream again when its files are gone. Its commands are lost; the dispatcher sends them again. Errors:
 * as `ensureStream`.
 */
export async function replaceStream(session: NatsSession, options: TopologyOptions): Promise<void> {
  const jsm = await managerOf(session);
  await orUndefined(jsm.streams.delete(options.names.stream));
  await ensureStream(session, options);
}

/** Creates or updates a type's consumer. Errors: as `ensureStream`; not found when the stream itself is missing. */
export async function ensureConsumer(
  session: NatsSession,
  type: string,
  options: TopologyOptions,
): Promise<void> {
  const jsm = await managerOf(session);
  const { stream } = options.names;
  const durable = durableName(type);
  const { ack_policy, deliver_policy, ...changeable } = consumerConfig(type, options);
  const found = await orUndefined(jsm.consumers.info(stream, durable));
  if (found === undefined) {
    await jsm.consumers.add(stream, { durable_name: durable, ack_policy, deliver_policy, ...changeable });
  } else if (differs(found.config, changeable)) {
    await jsm.consumers.update(stream, durable, changeable);
  }
}

function streamConfig({ names, replicas, waitingCommandsMax }: TopologyOptions) {
  return {
    name: names.stream,
    subjects: [`${names.prefix}.>`],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    // Refuses new commands when the stream is full; the default would silently drop the oldest waiting command.
    discard: DiscardPolicy.New,
    discard_new_per_subject: true,
    max_msgs_per_subject: 1,
    max_msgs: waitingCommandsMax,
    ...(replicas === undefined ? {} : { num_replicas: replicas }),
  } satisfies Partial<StreamConfig>;
}

function consumerConfig(type: string, { names, ackWaitMs, waitingCommandsMax }: TopologyOptions) {
  return {
    filter_subject: typeFilter(names, type),
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(ackWaitMs),
    // A command is delivered until it is done, because only the log decides whether a run is given up.
    max_deliver: -1,
    // Delayed commands count as pending, so a lower value would block delivery during a flood.
    max_ack_pending: waitingCommandsMax,
    max_waiting: PULLS_WAITING_MAX,
  } satisfies Partial<ConsumerConfig>;
}

function managerOf(session: NatsSession): Promise<JetStreamManager> {
  return session.nc.jetstreamManager({ checkAPI: false, timeout: API_TIMEOUT_MS });
}

async function orUndefined<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function differs(found: object, wanted: object): boolean {
  const there = new Map(Object.entries(found));
  return Object.entries(wanted).some(
    ([key, value]) => JSON.stringify(there.get(key)) !== JSON.stringify(value),
  );
}
