import { pino } from 'pino';
import { BUS_TIMES } from '../../src/bus/bus-limits.js';
import {
  BusUnavailableError,
  type CommandBus,
  type CommandHandler,
  type ConsumeOptions,
  type RunCommand,
} from '../../src/bus/command-bus.js';
import { createHandlerPool, type HeldCommand } from '../../src/bus/handler-pool.js';
import type { SeededChance } from '../support/seeded-chance.js';
import type { FaultRates } from './fault-rates.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { VirtualTime } from './virtual-time.js';

const DELIVERY_WAY_MAX_MS = 60;
const NOBODY_FREE_RETRY_MS = 500;
const STALE_AFTER_MAX_MS = 60_000;
const log = pino({ level: 'silent' });

interface Message {
  readonly command: RunCommand;
  /** Cancels the next step with it: an offer, or the end of its holder's time. */
  cancel: () => void;
}

interface Subscriber {
  readonly process: SimulatedProcess;
  readonly types: readonly string[];
  hasRoom(): boolean;
  take(command: RunCommand): void;
}

/**
 * A bus that behaves as JetStream does, with its faults: it holds one message for each run and delivers it again when
 * the holder falls silent; and it may lose messages that it accepted, and deliver them twice, late or out of order.
 */
export class SimulatedBus {
  away = false;
  readonly #messages = new Map<string, Message>();
  readonly #subscribers = new Set<Subscriber>();

  constructor(
    private readonly deps: {
      readonly time: VirtualTime;
      readonly chance: SeededChance;
      readonly rates: () => FaultRates;
      /** A command that isn't kept alive for this long is offered again, milliseconds. */
      readonly ackWaitMs: number;
      readonly trace: (line: string) => void;
    },
  ) {}

  /** Loses everything that it holds. */
  wipe(): void {
    for (const message of this.#messages.values()) message.cancel();
    this.#messages.clear();
  }

  /** The bus as seen by one process. */
  connect(process: SimulatedProcess): CommandBus {
    return {
      publish: (command, { timeoutMs }) =>
        this.#ask(process, `publish ${short(command)}`, timeoutMs, () => this.#publish(command)),
      consume: (options, handle) => this.#consume(process, options, handle),
      health: () => ({ ok: !this.away, detail: this.away ? 'away' : 'there' }),
      close: async () => undefined,
    };
  }

  #ask<T>(process: SimulatedProcess, what: string, timeoutMs: number, work: () => T): Promise<T> {
    return process.call({
      what,
      work,
      timeoutMs,
      lateMs: timeoutMs,
      unanswered: (why) => new BusUnavailableError(`the bus ${why}`),
      away: () => this.away,
    });
  }

  #publish(command: RunCommand): 'published' | 'already-queued' {
    const { chance, rates, trace } = this.deps;
    if (this.#messages.has(command.runId)) return 'already-queued';
    if (chance.fraction() < rates().lostCommand) trace(`the bus loses ${short(command)}`);
    else {
      const message = { command, cancel: () => undefined };
      this.#messages.set(command.runId, message);
      this.#offer(message, 0);
    }
    return 'published';
  }

  #offer(message: Message, delayMs: number): void {
    const { chance, rates, time } = this.deps;
    message.cancel();
    message.cancel = time.after(delayMs, () => {
      const subscriber = this.away ? undefined : this.#free(message.command.type);
      if (!subscriber) return this.#offer(message, NOBODY_FREE_RETRY_MS);
      this.#deliver(message, subscriber);
      const second = this.#free(message.command.type);
      if (second && chance.fraction() < rates().doubledCommand) this.#deliver(message, second);
    });
  }

  #free(type: string): Subscriber | undefined {
    const able = [...this.#subscribers].filter((one) => one.types.includes(type) && one.hasRoom());
    return able.length === 0 ? undefined : this.deps.chance.pick(able);
  }

  #deliver(message: Message, subscriber: Subscriber): void {
    const { chance, time, trace } = this.deps;
    trace(`the bus delivers ${short(message.command)} to ${subscriber.process.name}`);
    time.after(chance.below(DELIVERY_WAY_MAX_MS), () =>
      subscriber.process.resume(() => subscriber.take(message.command)),
    );
    this.#awaitAck(message);
  }

  #awaitAck(message: Message): void {
    message.cancel();
    message.cancel = this.deps.time.after(this.deps.ackWaitMs, () => this.#offer(message, 0));
  }

  #done(runId: string): void {
    const { chance, rates, time } = this.deps;
    const message = this.#messages.get(runId);
    if (!message) return;
    message.cancel();
    this.#messages.delete(runId);
    if (chance.fraction() >= rates().staleCommand) return;
    time.after(chance.below(STALE_AFTER_MAX_MS), () => {
      const subscriber = this.#free(message.command.type);
      if (subscriber && !this.#messages.has(runId)) this.#deliver(message, subscriber);
    });
  }

  #consume(process: SimulatedProcess, options: ConsumeOptions, handle: CommandHandler) {
    const held = new Set<string>();
    const stopped = new AbortController();
    let paused = false;
    const acknowledge = (what: string, work: () => void) =>
      this.#ask(process, what, 2_000, work).catch(() => undefined);
    const pool = createHandlerPool<HeldCommand>({
      limits: options.limits,
      handle,
      throwDelayMs: BUS_TIMES.throwDelayMs,
      onBegin: () => undefined,
      settle: async ({ command: { runId } }, disposition) => {
        held.delete(runId);
        await acknowledge(`${disposition.kind} ${runId.slice(-6)}`, () => {
          const message = this.#messages.get(runId);
          if (disposition.kind === 'done') this.#done(runId);
          else if (message) this.#offer(message, disposition.delayMs);
        });
      },
      log,
    });
    const subscriber: Subscriber = {
      process,
      types: options.types,
      hasRoom: () => !paused && held.size < options.limits.total,
      take(command) {
        if (stopped.signal.aborted || held.has(command.runId)) return;
        held.add(command.runId);
        pool.add({ command });
        pool.pump();
      },
    };
    this.#subscribers.add(subscriber);
    process.onDeath(() => this.#subscribers.delete(subscriber));
    void (async () => {
      while (!stopped.signal.aborted || held.size > 0) {
        await process.clock.sleep(this.deps.ackWaitMs / 3);
        for (const runId of held)
          void acknowledge('working', () => {
            const message = this.#messages.get(runId);
            if (message) this.#awaitAck(message);
          });
      }
    })();
    return {
      pause: async () => {
        paused = true;
      },
      resume: () => {
        paused = false;
      },
      stop: async () => {
        stopped.abort();
        this.#subscribers.delete(subscriber);
        await pool.drain();
      },
    };
  }
}

const short = ({ runId }: RunCommand): string => runId.slice(26);
