/**
 * Delivers commands from JetStream to one handler: fetches them, queues them fairly, keeps them alive and settles
 * them.
 */
import type { Msg } from 'nats';
import type { Logger } from 'pino';
import type { Chance, Clock } from '../../clock.js';
import { sanitizeText } from '../../sanitize/index.js';
import { createWakeup } from '../../timing/wakeup.js';
import type { CommandHandler, ConsumeOptions, Consumption, Disposition, RunCommand } from '../command-bus.js';
import { decodeCommand } from '../command-codec.js';
import type { Ticket } from '../fair-queue.js';
import { createHandlerPool, type HeldCommand } from '../handler-pool.js';
import { giveBack, sendInProgress, sequenceOf, terminate } from './acks.js';
import { createAnswers } from './answers.js';
import type { NatsLink, NatsSession } from './nats-link.js';
import { startPuller } from './puller.js';
import { type BusNames, commandSubject } from './subjects.js';
import { createSurplusSchedule } from './surplus-schedule.js';

/** The most commands of one type that may wait here for a slot. */
const WINDOW_PER_TYPE = 128;
const PULL_BATCH_MIN = 8;
/** The most of these that one tenant may use; the minimum applies however small the tenant's own limit is. */
const WINDOW_PER_TENANT_MAX = 32;
const WINDOW_PER_TENANT_MIN = 8;
/** A command that has waited here for this long is given back, so that a process with a free slot can take it. */
const WAIT_HERE_MAX_MS = 2_000;
/** After that, no command of the type is fetched for this long, unless a slot becomes free. */
const REST_MS = 1_000;

export interface NatsConsumptionOptions extends ConsumeOptions {
  readonly link: NatsLink;
  readonly names: BusNames;
  readonly ackWaitMs: number;
  readonly throwDelayMs: number;
  readonly ensure: (session: NatsSession, type: string) => Promise<void>;
  readonly report: (type: string, problem: string | undefined) => void;
  readonly clock: Clock;
  readonly chance: Pick<Chance, 'fraction'>;
  readonly log: Logger;
}

export interface NatsConsumption extends Consumption {
  /** Aborts the running handlers. */
  abort(reason: Error): void;
  /** Stops keeping commands alive; running handlers are no longer waited for. */
  abandon(): void;
}

/** A command that this process holds: it waits for a slot, is in hand, or is being settled. */
interface Held extends HeldCommand {
  /** The subject to answer to; a later delivery of the same command changes it. */
  reply: string;
  sequence: number;
  /** Its handler has ended, but the server hasn't confirmed that yet. */
  ended: boolean;
  readonly receivedMs: number;
  beganMs: number | undefined;
  ticket: Ticket<Held> | undefined;
}

/** Fetches commands while there is room for them, handles them, and keeps them alive until they are answered. */
export function startNatsConsumption(
  options: NatsConsumptionOptions,
  handle: CommandHandler,
): NatsConsumption {
  const { link, names, limits, clock, chance, log } = options;
  const heldByRun = new Map<string, Held>();
  const answers = createAnswers({ link, clock, log });
  const schedule = createSurplusSchedule(limits);
  const roomChanged = createWakeup();
  const slotFreed = createWakeup();
  const finished = new AbortController();
  const windowPerTenant = Math.min(WINDOW_PER_TENANT_MAX, Math.max(WINDOW_PER_TENANT_MIN, limits.perTenant));
  let paused = false;
  let stopped: Promise<void> | undefined;

  const pool = createHandlerPool<Held>({
    limits,
    handle,
    throwDelayMs: options.throwDelayMs,
    onBegin(held) {
      held.beganMs = clock.monotonicMs();
      roomChanged.notify();
    },
    settle,
    log,
  });

  function receive(session: NatsSession, message: Msg): void {
    const reply = message.reply ?? '';
    const command = decodeCommand(message.data);
    if (command === undefined || commandSubject(names, command) !== message.subject) {
      log.error({ subject: sanitizeText(message.subject) }, 'removed a message that is no command');
      terminate(session, reply);
      return;
    }
    const held = heldByRun.get(command.runId);
    const sequence = sequenceOf(reply);
    // This is another delivery of a command that is held, or it was sent again while in hand. A new command for a run
    // that has just ended here has another sequence number, and may arrive before the server confirms that the old
    // one is removed.
    if (held !== undefined && (!held.ended || held.sequence === sequence)) {
      held.reply = reply;
      held.sequence = sequence;
      return;
    }
    const delayMs = delayInsteadOfHolding(command);
    if (delayMs === undefined) hold(command, reply, sequence);
    else giveBack(session, reply, delayMs);
  }

  /** The delay for a command that must not wait here; `undefined` when it may wait. */
  function delayInsteadOfHolding({ tenantId, type }: RunCommand): number | undefined {
    if (stopped !== undefined || paused) return 0;
    const waiting = pool.counts.waitingOf(tenantId, type);
    // The fuller the window, the fewer places one tenant gets, which leaves room for other tenants.
    const free = WINDOW_PER_TYPE - pool.counts.waitingOfType(type);
    if (waiting < Math.max(1, Math.min(windowPerTenant, free / 2))) return undefined;
    return schedule.delayMs(clock.monotonicMs(), tenantId, type, waiting);
  }

  function hold(command: RunCommand, reply: string, sequence: number): void {
    const held: Held = {
      command,
      sequence,
      reply,
      ended: false,
      receivedMs: clock.monotonicMs(),
      beganMs: undefined,
      ticket: undefined,
    };
    heldByRun.set(command.runId, held);
    held.ticket = pool.add(held);
    pool.pump();
  }

  async function settle(held: Held, disposition: Disposition): Promise<void> {
    held.ended = true;
    slotFreed.notify();
    schedule.note(held.command.type, clock.monotonicMs() - (held.beganMs ?? held.receivedMs));
    try {
      if (disposition.kind === 'done') await answers.done(held);
      else answers.send(held, (session) => giveBack(session, held.reply, disposition.delayMs));
    } finally {
      if (heldByRun.get(held.command.runId) === held) heldByRun.delete(held.command.runId);
    }
  }

  /** Keeps held commands from being delivered to others. */
  async function keepAlive(): Promise<void> {
    while (!finished.signal.aborted) {
      await clock.sleep(options.ackWaitMs / 3, finished.signal);
      for (const held of heldByRun.values())
        answers.send(held, (session) => sendInProgress(session, held.reply));
    }
  }

  async function handBackLongWaiting(): Promise<void> {
    while (!finished.signal.aborted) {
      await clock.sleep(WAIT_HERE_MAX_MS / 2, finished.signal);
      const before = clock.monotonicMs() - WAIT_HERE_MAX_MS;
      const waitsLong = (held: Held) => held.beganMs === undefined && held.receivedMs <= before;
      const types = new Set([...heldByRun.values()].filter(waitsLong).map(({ command }) => command.type));
      if (types.size > 0) await stepBack(types, waitsLong);
    }
  }

  /**
   * Gives back commands that have waited here too long, so that other processes can take them. Types without a free
   * slot are not pulled for a while or until a slot is free, because otherwise this process would fetch the same
   * commands again.
   */
  async function stepBack(types: ReadonlySet<string>, waitsLong: (held: Held) => boolean): Promise<void> {
    const full = [...types].filter((type) => !pool.counts.hasSlot(type));
    const resting = full.flatMap((type) => pullers.get(type) ?? []);
    await Promise.all(resting.map((puller) => puller.pause()));
    handBack(waitsLong);
    const rested = new AbortController();
    void clock.sleep(REST_MS, rested.signal).then(() => rested.abort());
    while (resting.length > 0 && !rested.signal.aborted && !finished.signal.aborted) {
      if (full.some(pool.counts.hasSlot)) break;
      await slotFreed.wait(rested.signal);
    }
    rested.abort();
    if (!paused) for (const puller of resting) puller.resume();
  }

  /** Gives back waiting commands that haven't begun. */
  function handBack(which: (held: Held) => boolean): void {
    for (const held of heldByRun.values()) {
      if (held.beganMs !== undefined || !which(held)) continue;
      if (held.ticket === undefined || !pool.withdraw(held.ticket)) continue;
      heldByRun.delete(held.command.runId);
      answers.send(held, (session) => giveBack(session, held.reply));
    }
    roomChanged.notify();
  }

  /**
   * How many commands to ask for. It waits until a few can be fetched, so that a busy queue isn't refilled one by
   * one.
   */
  function room(type: string): number {
    const free = WINDOW_PER_TYPE - pool.counts.waitingOfType(type);
    return free >= PULL_BATCH_MIN ? free : 0;
  }

  const pullers = new Map(
    options.types.map((type) => [
      type,
      startPuller({
        link,
        names,
        type,
        ensure: (session) => options.ensure(session, type),
        room: () => room(type),
        roomChanged,
        onCommand: receive,
        report: (problem) => options.report(type, problem),
        clock,
        chance,
        log,
      }),
    ]),
  );
  const loops = [keepAlive(), handBackLongWaiting()];

  async function pause(): Promise<void> {
    paused = true;
    await Promise.all([...pullers.values()].map((puller) => puller.pause()));
    handBack(() => true);
  }

  function resume(): void {
    paused = false;
    for (const puller of pullers.values()) puller.resume();
  }

  function finish(): void {
    finished.abort();
    slotFreed.notify();
  }

  async function stopAll(): Promise<void> {
    const drained = pool.drain();
    // Stops pulling before it gives commands back, because the server would send them to this process's open pulls
    // again.
    await Promise.all([...pullers.values()].map((puller) => puller.stop()));
    handBack(() => true);
    await drained;
    finish();
    await Promise.all(loops);
  }

  return {
    pause,
    resume,
    stop() {
      stopped ??= stopAll();
      return stopped;
    },
    abort: pool.abort,
    abandon: finish,
  };
}
