/** Runs handlers for waiting commands in the fair queue's order; both bus adapters use it. */
import type { Logger } from 'pino';
import type { CommandHandler, ConsumeLimits, Disposition, RunCommand } from './command-bus.js';
import { errorText } from './error-text.js';
import { createFairQueue, type FairQueue, type Ticket } from './fair-queue.js';

/** A command that a bus holds; each bus adds its own fields. */
export interface HeldCommand {
  readonly command: RunCommand;
}

export interface HandlerPool<T extends HeldCommand> {
  /** Queues a delivery. It doesn't begin before the next `pump`. */
  add(delivery: T): Ticket<T>;
  /** Removes a delivery that hasn't begun; false when it has. */
  withdraw(ticket: Ticket<T>): boolean;
  /** Begins as many deliveries as the limits allow. */
  pump(): void;
  readonly counts: Pick<FairQueue<T>, 'hasSlot' | 'waitingOf' | 'waitingOfType'>;
  /** Begins no more deliveries; resolves when all running handlers have ended and were settled. */
  drain(): Promise<void>;
  /** Aborts the signals of all running handlers. */
  abort(reason: Error): void;
}

export interface HandlerPoolOptions<T extends HeldCommand> {
  readonly limits: ConsumeLimits;
  readonly handle: CommandHandler;
  readonly throwDelayMs: number;
  /** Called when a delivery leaves the queue, before its handler runs. */
  readonly onBegin: (delivery: T) => void;
  /** Tells the bus the result of a delivery. The slot is already free. Must not reject. */
  readonly settle: (delivery: T, disposition: Disposition) => Promise<void>;
  readonly log: Logger;
}

/**
 * Runs the handlers of deliveries, in the fair order of tenants and within the limits of the process, of each tenant
 * and of each type.
 */
export function createHandlerPool<T extends HeldCommand>(options: HandlerPoolOptions<T>): HandlerPool<T> {
  const { handle, settle, onBegin, log } = options;
  const queue = createFairQueue<T>(options.limits);
  const running = new Set<Promise<void>>();
  const controllers = new Set<AbortController>();
  let draining = false;

  async function outcomeOf(delivery: T, signal: AbortSignal): Promise<Disposition> {
    try {
      return await handle(delivery.command, signal);
    } catch (error) {
      log.error({ runId: delivery.command.runId, error: errorText(error) }, 'a command handler threw');
      return { kind: 'release', delayMs: options.throwDelayMs };
    }
  }

  async function run(ticket: Ticket<T>): Promise<void> {
    const controller = new AbortController();
    controllers.add(controller);
    const disposition = await outcomeOf(ticket.item, controller.signal);
    controllers.delete(controller);
    queue.finish(ticket);
    pump();
    await settle(ticket.item, disposition);
  }

  function pump(): void {
    while (!draining) {
      const ticket = queue.take();
      if (ticket === undefined) return;
      onBegin(ticket.item);
      const ended: Promise<void> = run(ticket).finally(() => running.delete(ended));
      running.add(ended);
    }
  }

  return {
    add: (delivery) => queue.add(delivery.command.tenantId, delivery.command.type, delivery),
    withdraw: queue.withdraw,
    pump,
    counts: queue,
    async drain() {
      draining = true;
      await Promise.all(running);
    },
    abort(reason) {
      for (const controller of controllers) controller.abort(reason);
    },
  };
}
