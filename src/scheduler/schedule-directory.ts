import type { Logger } from 'pino';
import type { Chance, Clock } from '../clock.js';
import {
  isAtWork,
  type ScheduleSettings,
  type ScheduleState,
  scheduleEntity,
} from '../entities/schedule/schedule.js';
import type { RawEvent } from '../ledger/event-log.js';
import { isEvent } from '../ledger/event-registry.js';
import type { Ledger } from '../ledger/ledger.js';
import { LogFollower } from '../ledger/log-follower.js';
import { parseStream, prefixOf } from '../ledger/streams.js';

/** A schedule that starts operations. The object stays the same until the schedule changes. */
export interface ScheduleAtWork {
  readonly tenantId: string;
  readonly scheduleId: string;
  readonly settings: ScheduleSettings;
  /** Its due times count from here, milliseconds since 1970. */
  readonly since: number;
}

/** The schedules of all tenants, in memory and updated from the log, without a read model. */
export class ScheduleDirectory {
  readonly #states = new Map<string, ScheduleState>();
  readonly #atWork = new Map<string, ScheduleAtWork>();
  /** Schedules with an event that this program can't read; they start nothing. */
  readonly #unread = new Set<string>();
  readonly #follower: LogFollower;

  constructor(
    private readonly deps: {
      readonly ledger: Ledger;
      readonly clock: Clock;
      readonly chance: Chance;
      readonly logger: Logger;
    },
  ) {
    const { ledger, clock, chance, logger } = deps;
    this.#follower = new LogFollower({
      log: ledger.log,
      clock,
      chance,
      streamPrefixes: [prefixOf(scheduleEntity.category)],
      take: (event) => this.#take(event),
      onInterrupted: (error, retryInMs) =>
        logger.warn({ err: error, retryInMs }, 'the schedules lost the log; they try again'),
    });
  }

  /** Resolves when all present events of the log have been applied, or when it was stopped before. */
  start(): Promise<void> {
    return this.#follower.start();
  }

  stop(): Promise<void> {
    return this.#follower.stop();
  }

  /** The schedules that are neither paused nor removed. */
  atWork(): readonly ScheduleAtWork[] {
    return [...this.#atWork.values()];
  }

  #take(raw: RawEvent): void {
    const id = parseStream(raw.stream)?.id ?? '';
    const [tenantId = '', scheduleId] = id.split('.');
    if (scheduleId === undefined || this.#unread.has(id)) return;
    try {
      const event = this.deps.ledger.events.decode(raw);
      if (!isEvent(event, ...scheduleEntity.events)) return;
      const state = scheduleEntity.evolve(this.#states.get(id) ?? scheduleEntity.initial, event);
      this.#states.set(id, state);
      if (isAtWork(state)) {
        const { settings, since } = state;
        this.#atWork.set(id, { tenantId, scheduleId, settings, since });
      } else this.#atWork.delete(id);
    } catch (error) {
      // The event may have paused it.
      this.#unread.add(id);
      this.#atWork.delete(id);
      this.deps.logger.error(
        { err: error, tenantId, scheduleId },
        'a schedule’s event can’t be read; it starts nothing until the program is updated',
      );
    }
  }
}
