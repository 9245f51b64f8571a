/**
 * The bus for a program that is a single process. Commands wait in memory and are lost when the process ends. That
 * costs only time, because the dispatcher sends every pending run again.
 */
import { type Logger, pino } from 'pino';
import type { Clock } from '../../clock.js';
import { later } from '../../timing/later.js';
import { BUS_TIMES, type BusTimes, WAITING_COMMANDS_MAX } from '../bus-limits.js';
import { closeWithin } from '../close-within.js';
import {
  BusUnavailableError,
  type CommandBus,
  type CommandHandler,
  type ConsumeOptions,
  type Consumption,
  type Disposition,
} from '../command-bus.js';
import { checkCommand, checkType } from '../command-codec.js';
import type { Ticket } from '../fair-queue.js';
import { createHandlerPool, type HandlerPool, type HeldCommand } from '../handler-pool.js';

export interface InProcessBusOptions extends Partial<BusTimes> {
  readonly clock: Clock;
  readonly logger?: Logger;
}

/** A command on the bus: waiting, in hand, or waiting for its delay after a release. */
interface Queued extends HeldCommand {
  /** While it waits: its ticket in the queue of every consumer that takes its type. */
  readonly places: Map<Consumer, Ticket<Queued>>;
  state: 'waiting' | 'in-hand' | 'resting';
}

interface Consumer {
  readonly types: ReadonlySet<string>;
  readonly pool: HandlerPool<Queued>;
  paused: boolean;
  stopped: Promise<void> | undefined;
}

/** A bus for one process. Its commands are lost with the process, and the dispatcher publishes them again. */
export function createInProcessBus(options: InProcessBusOptions): CommandBus {
  const { clock, logger: log = pino({ enabled: false }) } = options;
  const { throwDelayMs, closeLimitMs, closeGraceMs } = { ...BUS_TIMES, ...options };
  const queuedByRun = new Map<string, Queued>();
  const consumers = new Set<Consumer>();
  /** Consumers that were stopped but still have running handlers. */
  const stopping = new Set<Consumer>();
  /** Functions that cancel the return of released commands. A signal shared by all would search its listeners each time. */
  const returns = new Set<() => void>();
  let closed: Promise<void> | undefined;

  function offer(queued: Queued): void {
    queued.state = 'waiting';
    for (const consumer of consumers) enqueue(consumer, queued);
    for (const consumer of [...queued.places.keys()]) consumer.pool.pump();
  }

  function enqueue(consumer: Consumer, queued: Queued): void {
    if (consumer.paused || !consumer.types.has(queued.command.type)) return;
    queued.places.set(consumer, consumer.pool.add(queued));
  }

  function begin(queued: Queued): void {
    queued.state = 'in-hand';
    for (const [consumer, ticket] of queued.places) consumer.pool.withdraw(ticket);
    queued.places.clear();
  }

  async function settle(queued: Queued, disposition: Disposition): Promise<void> {
    if (disposition.kind === 'done') {
      queuedByRun.delete(queued.command.runId);
      return;
    }
    queued.state = 'resting';
    if (closed === undefined) offerLater(queued, disposition.delayMs);
  }

  function offerLater(queued: Queued, delayMs: number): void {
    const cancel = later(clock, delayMs, () => {
      returns.delete(cancel);
      offer(queued);
    });
    returns.add(cancel);
  }

  /** Offers a consumer every command that waits. */
  function offerWaiting(consumer: Consumer): void {
    for (const queued of queuedByRun.values()) if (queued.state === 'waiting') enqueue(consumer, queued);
    consumer.pool.pump();
  }

  function pause(consumer: Consumer): void {
    consumer.paused = true;
    for (const { places } of queuedByRun.values()) {
      const ticket = places.get(consumer);
      if (ticket) consumer.pool.withdraw(ticket);
      places.delete(consumer);
    }
  }

  function resume(consumer: Consumer): void {
    if (!consumer.paused || consumer.stopped) return;
    consumer.paused = false;
    offerWaiting(consumer);
  }

  function stop(consumer: Consumer): Promise<void> {
    if (consumer.stopped === undefined) {
      consumers.delete(consumer);
      for (const queued of queuedByRun.values()) queued.places.delete(consumer);
      stopping.add(consumer);
      consumer.stopped = consumer.pool.drain().finally(() => stopping.delete(consumer));
    }
    return consumer.stopped;
  }

  async function closeAll(): Promise<void> {
    for (const cancel of returns) cancel();
    returns.clear();
    const all = [...consumers, ...stopping];
    const ended = await closeWithin({
      clock,
      drained: Promise.all(all.map(stop)),
      limitMs: closeLimitMs,
      graceMs: closeGraceMs,
      abort() {
        for (const { pool } of all) pool.abort(new Error('the command bus is closing'));
      },
    });
    if (!ended) log.warn('the command bus closed while handlers were still running');
    queuedByRun.clear();
  }

  return {
    async publish(command) {
      const checked = checkCommand(command);
      if (closed !== undefined) throw new BusUnavailableError('the command bus is closed');
      if (queuedByRun.has(checked.runId)) return 'already-queued';
      if (queuedByRun.size >= WAITING_COMMANDS_MAX) {
        throw new BusUnavailableError(`the command bus is full (${queuedByRun.size} commands)`);
      }
      const queued: Queued = { command: checked, places: new Map(), state: 'waiting' };
      queuedByRun.set(checked.runId, queued);
      offer(queued);
      return 'published';
    },
    consume(consumeOptions: ConsumeOptions, handle: CommandHandler): Consumption {
      if (closed !== undefined) throw new BusUnavailableError('the command bus is closed');
      consumeOptions.types.forEach(checkType);
      const consumer: Consumer = {
        types: new Set(consumeOptions.types),
        pool: createHandlerPool<Queued>({
          limits: consumeOptions.limits,
          handle,
          throwDelayMs,
          onBegin: begin,
          settle,
          log,
        }),
        paused: false,
        stopped: undefined,
      };
      consumers.add(consumer);
      offerWaiting(consumer);
      return {
        pause: async () => pause(consumer),
        resume: () => resume(consumer),
        stop: () => stop(consumer),
      };
    },
    health: () =>
      closed === undefined
        ? { ok: true, detail: `in this process, ${queuedByRun.size} commands` }
        : { ok: false, detail: 'closed' },
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}
