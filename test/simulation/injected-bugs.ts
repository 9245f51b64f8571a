import type { CommandBus } from '../../src/bus/command-bus.js';
import { chainEvents } from '../../src/ledger/chain-events.js';
import {
  AppendOutcomeUnknownError,
  type EventLog,
  RevisionConflictError,
} from '../../src/ledger/event-log.js';
import type { DraftOf } from '../../src/ledger/event-registry.js';
import type { Ledger } from '../../src/ledger/ledger.js';
import { headAfter } from '../../src/ledger/stream-head.js';
import { productEvents } from '../../src/program/product-events.js';
import type { RunQueued } from '../../src/runs/run-events.js';
import type { HandlerMistakes } from '../support/changing-work.js';

/** Mistakes made on purpose, to see that the simulator finds such. None of them exists outside this folder. */
export const INJECTED_BUGS = [
  /** Appends at the stream's current revision, without regard to the expected one. */
  'expectation-dropped',
  /** After a lost answer the same events are appended again at the stream's current revision. */
  'lost-answer-decided-anew',
  /** A start publishes and answers first and appends afterwards. */
  'published-before-appended',
  /** A handler starts over instead of going on from the recorded items. */
  'recorded-ignored',
  /** A handler's look-up says that nothing was done, without looking. */
  'intent-ignored',
  /** A handler changes the target without an effect. */
  'effect-bypassed',
  /** A handler says that a request takes less time than it may take. */
  'flight-too-short',
  /** A handler waits between the check of its claim and its request. */
  'request-held-back',
  /** Pending runs are never sent again. */
  'no-dispatcher',
  /** Lost workers are never looked for. */
  'no-watchdog',
] as const;
export type InjectedBug = (typeof INJECTED_BUGS)[number];

export function mistakesOf(bug: InjectedBug | undefined): HandlerMistakes {
  return {
    ignoresRecorded: bug === 'recorded-ignored',
    looksNothingUp: bug === 'intent-ignored',
    bypassesEffects: bug === 'effect-bypassed' || bug === 'recorded-ignored',
    holdsRequestsBack: bug === 'request-held-back',
    ...(bug === 'flight-too-short' ? { effectTimeoutMs: 1 } : {}),
  };
}

/** The log as a program with the bug would use it. */
export function withLogBug(log: EventLog, bug: InjectedBug | undefined): EventLog {
  if (bug === 'expectation-dropped')
    return {
      ...log,
      async append(stream, events, expected) {
        for (let at = expected; ; )
          try {
            return await log.append(stream, events, at);
          } catch (error) {
            if (!(error instanceof RevisionConflictError)) throw error;
            at = error.actual;
          }
      },
    };
  if (bug === 'lost-answer-decided-anew')
    return {
      ...log,
      async append(stream, events, expected) {
        try {
          return await log.append(stream, events, expected);
        } catch (error) {
          if (!(error instanceof AppendOutcomeUnknownError)) throw error;
          let at = -1;
          for await (const last of log.read(stream, { direction: 'backwards', maxCount: 1 }))
            at = last.revision;
          return log.append(stream, events, at);
        }
      },
    };
  return log;
}

/** A starter's ledger with the bug: what it answers isn't in the log yet. */
export function withStartBug(ledger: Ledger, bus: CommandBus, bug: InjectedBug | undefined): Ledger {
  if (bug !== 'published-before-appended') return ledger;
  return {
    ...ledger,
    async append(stream, head, drafts, context, options) {
      const [first] = drafts;
      const { tenantId, runId, correlationId } = context;
      const { type } = first?.type === 'RunQueued' ? (first as DraftOf<typeof RunQueued>).data : { type: '' };
      if (type === '' || !tenantId || !runId) return ledger.append(stream, head, drafts, context, options);
      await bus.publish({ tenantId, runId, type, correlationId }, { timeoutMs: PUBLISH_FIRST_MS });
      void ledger.append(stream, head, drafts, context, options).catch(() => undefined);
      const at = Math.max(Date.parse(BEGINNING), head.at);
      const place = { stream, head, context, at, newId: () => runId };
      const events = chainEvents(productEvents, drafts, place).map(({ id, type, data, metadata }, index) => {
        const revision = head.revision + 1 + index;
        return productEvents.decode({ stream, revision, position: -1, id, type, data, metadata });
      });
      return { head: headAfter(events.at(-1)), position: -1, events };
    },
  };
}

const PUBLISH_FIRST_MS = 2_000;
const BEGINNING = '2026-01-05T08:00:00.000Z';
