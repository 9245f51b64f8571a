import type { Clock } from '../../src/clock.js';
import type { SeededChance } from '../support/seeded-chance.js';
import { type FaultRates, FROZEN_MAX_MS } from './fault-rates.js';
import type { VirtualTime } from './virtual-time.js';

/** Wall clock at which every history begins. */
const BEGINNING = Date.UTC(2026, 0, 5, 8);
/** Longest time that a request or an answer travels when it isn't lost or late, milliseconds. */
const TRAVEL_MAX_MS = 40;

export interface Call<T> {
  readonly what: string;
  /** What happens at the other end: in one step, at one moment. */
  readonly work: () => T | Promise<T>;
  /** How long the caller waits for an answer that doesn't come. */
  readonly timeoutMs: number;
  /** What the caller gets when no answer comes, or when the other end is away. */
  readonly unanswered: (why: string) => Error;
  /** Whether the other end is away right now. */
  readonly away?: () => boolean;
  /** Longest a request may travel after its caller gave up; 0 where the other end forgets such requests. */
  readonly lateMs?: number;
  /** Whether the network may carry it twice; a request over one connection it may not. */
  readonly mayDouble?: boolean;
  /** Whether it is an append to the log. */
  readonly isAppend?: boolean;
}

interface ProcessDependencies {
  readonly name: string;
  readonly time: VirtualTime;
  readonly chance: SeededChance;
  readonly rates: () => FaultRates;
  readonly trace: (line: string) => void;
}

/**
 * A process whose calls go over a network: each is a request that takes time and is carried out once, twice or never,
 * and an answer that takes time. The process may die or be frozen before it sends and before it reads the answer. A
 * request that was sent arrives even when its sender has died.
 */
export class SimulatedProcess {
  readonly clock: Clock;
  readonly name: string;
  #alive = true;
  #frozenUntilMs = 0;
  #wallOffsetMs = 0;
  readonly #monotonicOffsetMs: number;
  readonly #onDeath: (() => void)[] = [];

  constructor(private readonly deps: ProcessDependencies) {
    this.name = deps.name;
    this.#monotonicOffsetMs = deps.chance.below(1_000_000);
    const { time } = deps;
    this.clock = {
      now: () => BEGINNING + Math.floor(time.nowMs()) + this.#wallOffsetMs,
      monotonicMs: () => time.nowMs() + this.#monotonicOffsetMs,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  get frozen(): boolean {
    return this.#alive && this.#frozenUntilMs > this.deps.time.nowMs();
  }

  /** How far its wall clock is ahead of everybody's. */
  get clockAheadMs(): number {
    return this.#wallOffsetMs;
  }

  onDeath(listener: () => void): void {
    this.#onDeath.push(listener);
  }

  /** As SIGKILL does: nothing in the process continues, and sent requests still arrive. */
  kill(why: string): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.deps.trace(`${this.name} dies: ${why}`);
    for (const listener of this.#onDeath) listener();
  }

  /** As SIGSTOP and SIGCONT do. */
  freeze(forMs: number): void {
    this.#frozenUntilMs = this.deps.time.nowMs() + forMs;
    this.deps.trace(`${this.name} freezes for ${forMs} ms`);
  }

  jumpWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
    this.deps.trace(`${this.name}: the wall clock jumps by ${byMs} ms`);
  }

  /** Continues work inside the process: never once it is dead, and after the thaw when it is frozen. */
  resume(go: () => void): void {
    if (!this.#alive) return;
    const waitMs = this.#frozenUntilMs - this.deps.time.nowMs();
    if (waitMs > 0) this.deps.time.after(waitMs, () => this.resume(go));
    else go();
  }

  call<T>(call: Call<T>): Promise<T> {
    const { time, chance, trace } = this.deps;
    const rates = this.deps.rates();
    return new Promise<T>((resolve, reject) => {
      if (!this.#alive) return;
      if (chance.fraction() < rates.crash) {
        // Half of them die before the request leaves, half after.
        const sent = chance.fraction() < 0.5;
        this.kill(`${sent ? 'after' : 'before'} sending ${call.what}`);
        if (!sent) return;
      }
      const mayFreeze = () => {
        const { freeze, freezeAtAppend } = this.deps.rates();
        const rate = call.isAppend ? freezeAtAppend : freeze;
        if (chance.fraction() < rate) this.freeze(chance.below(FROZEN_MAX_MS));
      };
      mayFreeze();
      let answered = false;
      const answer = (delayMs: number, give: () => void) => {
        time.after(delayMs, () =>
          this.resume(() => {
            if (answered) return;
            answered = true;
            if (chance.fraction() < this.deps.rates().crash) this.kill(`at the answer to ${call.what}`);
            else {
              mayFreeze();
              this.resume(give);
            }
          }),
        );
      };
      const unanswered = (why: string) => () => {
        trace(`${this.name}: ${call.what} ${why}`);
        reject(call.unanswered(why));
      };
      const arrive = async (isAnswered: boolean) => {
        if (call.away?.()) return isAnswered && answer(this.#way(), unanswered('finds nobody there'));
        try {
          const result = await call.work();
          if (isAnswered) answer(this.#way(), () => resolve(result));
        } catch (error) {
          if (isAnswered) answer(this.#way(), () => reject(error));
        }
      };
      answer(call.timeoutMs, unanswered('gets no answer'));
      const fate = chance.fraction();
      if (fate < rates.lostRequest) return;
      const lost = fate < rates.lostRequest + rates.lostAnswer;
      const late = chance.fraction() < rates.late ? chance.below((call.lateMs ?? 0) + 1) : 0;
      time.after(this.#way() + late, () => void arrive(!lost));
      if (call.mayDouble !== false && chance.fraction() < rates.doubled)
        time.after(this.#way() + late, () => void arrive(false));
    });
  }

  #way(): number {
    return this.deps.chance.below(TRAVEL_MAX_MS);
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.deps.time.after(ms, () => this.resume(done));
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}
