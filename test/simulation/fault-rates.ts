import type { SeededChance } from '../support/seeded-chance.js';

/** How often things go wrong, each as a chance between 0 and 1 at every call between parts. */
export interface FaultRates {
  /** The calling process dies. */
  readonly crash: number;
  /** The calling process is frozen for a while, after it sent the request or before it reads the answer. */
  readonly freeze: number;
  /** The same at an append: when the sender continues, another process may hold its claim. */
  readonly freezeAtAppend: number;
  readonly lostRequest: number;
  /** The other end carried the request out; its answer doesn't arrive. */
  readonly lostAnswer: number;
  /** The request arrives long after its sender gave up waiting. */
  readonly late: number;
  /** The request arrives twice. */
  readonly doubled: number;
  /** A command that the bus took is gone. */
  readonly lostCommand: number;
  /** A command is delivered to two workers at once. */
  readonly doubledCommand: number;
  /** A command that was done is delivered again later. */
  readonly staleCommand: number;
}

export const NO_FAULTS: FaultRates = {
  crash: 0,
  freeze: 0,
  freezeAtAppend: 0,
  lostRequest: 0,
  lostAnswer: 0,
  late: 0,
  doubled: 0,
  lostCommand: 0,
  doubledCommand: 0,
  staleCommand: 0,
};

const WORST: FaultRates = {
  crash: 0.004,
  freeze: 0.004,
  freezeAtAppend: 0.03,
  lostRequest: 0.02,
  lostAnswer: 0.03,
  late: 0.03,
  doubled: 0.02,
  lostCommand: 0.1,
  doubledCommand: 0.15,
  staleCommand: 0.1,
};

/** What happens to whole parts while faults are on. */
export const DISASTERS = [
  'kill',
  'stop',
  'freeze',
  'store-away',
  'database-away',
  'bus-away',
  'bus-wiped',
  'clock-jump',
] as const;
export type Disaster = (typeof DISASTERS)[number];

/** Longest time for which a process is frozen, milliseconds: most of them outlast a claim and the bus's patience. */
export const FROZEN_MAX_MS = 90_000;

export interface FaultPlan {
  readonly rates: FaultRates;
  readonly disasters: readonly Disaster[];
  /** Mean time between two disasters, milliseconds. */
  readonly disasterEveryMs: number;
}

/**
 * Each history has its own rates of faults: some kinds are frequent, some rare, some absent, because faults of all kinds at
 * once hide each other (a process that dies every second never gets far enough to be interrupted elsewhere).
 */
export function drawFaults(chance: SeededChance): FaultPlan {
  const scaled = Object.entries(WORST).map(([name, worst]) => [
    name,
    chance.fraction() < 0.4 ? 0 : worst * chance.fraction(),
  ]);
  const disasters = DISASTERS.filter(() => chance.fraction() < 0.5);
  return {
    rates: { ...NO_FAULTS, ...Object.fromEntries(scaled) },
    disasters,
    disasterEveryMs: 4_000 + chance.below(20_000),
  };
}
