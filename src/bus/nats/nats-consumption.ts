/** Delivers commands from JetStream to one handler: fetches, queues fairly, keeps alive, settles. */
import type { Msg } from 'nats';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.js';
import { sanitizeText } from '../../sanitize/index.js';
import { createWakeup } from '../../timing/wakeup.js';
import type { CommandHandler, ConsumeOptions, Consumption, Disposition, RunCommand } from '../command-bus.js';
import { decodeCommand } from '../command-codec.js';
import type { Ticket } from '../fair-queue.js';
import { createHandlerPool, type HeldCommand } from '../handler-pool.js';
import { giveBack, sayWorking, sequenceOf, terminate } from './acks.js';
import { createAnswers } from './answers.js';
import type { NatsLink, NatsSession } from './nats-link.js';
import { startPuller } from './puller.js';
import { type BusNames, commandSubject } from './subjects.js';
import { createSurplusSchedule } from './surplus-schedule.js';

/** Commands of one type that may wait here for a slot. */
const windowPerType = 128;
const pullBatchMin = 8;
/** The most of these that one tenant may fill, and the least it is given however small its limit is. */
const windowPerTenantMax = 32;
const windowPerTenantMin = 8;
/** A command that has waited here this long goes back, so that a process with a free slot can take it. */
const waitHereMaxMs = 2_000;
/** How long nothing of a type is fetched after that, unless a slot becomes free. */
const restMs = 1_000;

export interface NatsConsumptionOptions extends ConsumeOptions {
  readonly link: NatsLink;
  readonly names: BusNames;
  readonly ackWaitMs: number;
  readonly throwDelayMs: number;
  readonly ensure: (session: NatsSession, type: string) => Promise<void>;
  readonly report: (type: string, problem: string | undefined) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface NatsConsumption extends Consumption {
  /** Aborts the handlers that are still in hand. */
  abort(reason: Error): void;
  /** Keeps nothing alive any more; handlers that still run are no longer waited for. */
  abandon(): void;
}

/** A command that this process holds: it waits for a slot, is in hand, or is being settled. */
interface Held extends HeldCommand {
  /** Where to answer; a later delivery of the same command replaces it. */
  reply: string;
  sequence: number;
  /** Its handler has ended; what is left is to say so. */
  ended: boolean;
  readonly receivedMs: number;
  beganMs: number | undefined;
  ticket: Ticket<Held> | undefined;
}

export function startNatsConsumption(
  options: NatsConsumptionOptions,
  handle: CommandHandler,
): NatsConsumption {
  const { link, names, limits, clock, log } = options;
  const heldByRun = new Map<string, Held>();
  const answers = createAnswers({ link, clock, log });
  const schedule = createSurplusSchedule(limits);
  const roomChanged = createWakeup();
  const slotFreed = createWakeup();
  const finished = new AbortController();
  const windowPerTenant = Math.min(windowPerTenantMax, Math.max(windowPerTenantMin, limits.perTenant));
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
    // Delivered again, or sent again while it is in hand. Not so a new command for a run that has just ended here:
    // it can come before the server's word that the old one is gone.
    if (held !== undefined && (!held.ended || held.sequence === sequence)) {
      held.reply = reply;
      held.sequence = sequence;
      return;
    }
    const delayMs = delayInsteadOfHolding(command);
    if (delayMs === undefined) hold(command, reply, sequence);
    else giveBack(session, reply, delayMs);
  }

  /** For how long to put a command off that must not wait here; `undefined` when it may. */
  function delayInsteadOfHolding({ tenantId, type }: RunCommand): number | undefined {
    if (stopped !== undefined) return 0;
    const waiting = pool.counts.waitingOf(tenantId, type);
    // The fuller the window, the less of it for each, so that there is room for whoever comes next.
    const free = windowPerType - pool.counts.waitingOfType(type);
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
      else answers.say(held, (session) => giveBack(session, held.reply, disposition.delayMs));
    } finally {
      if (heldByRun.get(held.command.runId) === held) heldByRun.delete(held.command.runId);
    }
  }

  /** Keeps everything held from being delivered to others. */
  async function keepAlive(): Promise<void> {
    while (!finished.signal.aborted) {
      await clock.sleep(options.ackWaitMs / 3, finished.signal);
      for (const held of heldByRun.values()) answers.say(held, (session) => sayWorking(session, held.reply));
    }
  }

  async function handBackLongWaiting(): Promise<void> {
    while (!finished.signal.aborted) {
      await clock.sleep(waitHereMaxMs / 2, finished.signal);
      const before = clock.monotonicMs() - waitHereMaxMs;
      const waitsLong = (held: Held) => held.beganMs === undefined && held.receivedMs <= before;
      const types = new Set([...heldByRun.values()].filter(waitsLong).map(({ command }) => command.type));
      if (types.size > 0) await stepBack(types, waitsLong);
    }
  }

  /**
   * Lets others have what waits here too long. Types without a free slot aren't pulled until there is one again,
   * or for a while: our own pulls would only fetch the same commands back.
   */
  async function stepBack(types: ReadonlySet<string>, waitsLong: (held: Held) => boolean): Promise<void> {
    const full = [...types].filter((type) => !pool.counts.hasSlot(type));
    const resting = full.flatMap((type) => pullers.get(type) ?? []);
    await Promise.all(resting.map((puller) => puller.pause()));
    handBack(waitsLong);
    const rested = new AbortController();
    void clock.sleep(restMs, rested.signal).then(() => rested.abort());
    while (resting.length > 0 && !rested.signal.aborted && !finished.signal.aborted) {
      if (full.some(pool.counts.hasSlot)) break;
      await slotFreed.wait(rested.signal);
    }
    rested.abort();
    for (const puller of resting) puller.resume();
  }

  /** Gives back commands that wait here and haven't begun. */
  function handBack(which: (held: Held) => boolean): void {
    for (const held of heldByRun.values()) {
      if (held.beganMs !== undefined || !which(held)) continue;
      if (held.ticket === undefined || !pool.withdraw(held.ticket)) continue;
      heldByRun.delete(held.command.runId);
      answers.say(held, (session) => giveBack(session, held.reply));
    }
    roomChanged.notify();
  }

  /** How many to ask for. A few at least, so that a busy queue isn't refilled one by one. */
  function room(type: string): number {
    const free = windowPerType - pool.counts.waitingOfType(type);
    return free >= pullBatchMin ? free : 0;
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
        log,
      }),
    ]),
  );
  const loops = [keepAlive(), handBackLongWaiting()];

  function finish(): void {
    finished.abort();
    slotFreed.notify();
  }

  async function stopAll(): Promise<void> {
    const drained = pool.drain();
    // Only then give back: the server would send what it gets back to our own pulls, while they stand.
    await Promise.all([...pullers.values()].map((puller) => puller.stop()));
    handBack(() => true);
    await drained;
    finish();
    await Promise.all(loops);
  }

  return {
    stop() {
      stopped ??= stopAll();
      return stopped;
    },
    abort: pool.abort,
    abandon: finish,
  };
}
