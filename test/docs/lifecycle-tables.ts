import type { ProductDraft } from '../../src/program/product-events.js';
import { type Decision, decide, type OperationCommand } from '../../src/runs/decider.js';
import { LIFECYCLE_EVENTS } from '../../src/runs/run-events.js';
import {
  BUCKET_LABELS,
  isTerminal,
  isUsable,
  LIFECYCLES,
  STATUS_BUCKETS,
  statusBucket,
} from '../../src/runs/status-bucket.js';
import { KEY, stateAfter } from '../support/decider-spec.js';
import { EVENT_SAMPLES } from '../support/event-samples.js';
import { code, markdownTable } from './generated-blocks.js';

/** The tables of `docs/lifecycle.md`. The decider itself is asked which command is allowed in which state. */
export function lifecycleTables(): Record<string, string> {
  return {
    lifecycles: lifecycleTable(),
    buckets: bucketTable(),
    commands: commandTable(),
    events: eventEffects(),
  };
}

const sample = (type: (typeof LIFECYCLE_EVENTS)[number]['type']): ProductDraft =>
  ({ type, data: EVENT_SAMPLES[type] }) as ProductDraft;

const OUTCOMES = {
  'no item failed': { succeeded: 2, failed: 0 },
  'some failed, some succeeded': { succeeded: 1, failed: 1 },
  'none succeeded, some failed': { succeeded: 0, failed: 2 },
} as const;

function bucketTable(): string {
  const rows = LIFECYCLES.map((lifecycle) => [
    code(lifecycle),
    ...Object.values(OUTCOMES).map((counts) => code(statusBucket(lifecycle, counts))),
  ]);
  return markdownTable(['Lifecycle', ...Object.keys(OUTCOMES)], rows);
}

function lifecycleTable(): string {
  const buckets = STATUS_BUCKETS.map((bucket) => [
    code(bucket),
    BUCKET_LABELS[bucket],
    LIFECYCLES.filter((lifecycle) =>
      Object.values(OUTCOMES).some((counts) => statusBucket(lifecycle, counts) === bucket),
    )
      .map(code)
      .join(', '),
    LIFECYCLES.some(
      (lifecycle) => isTerminal(lifecycle) && statusBucket(lifecycle, OUTCOMES['no item failed']) === bucket,
    ) || bucket === 'partially_succeeded'
      ? 'yes'
      : 'no',
    isUsable(bucket) ? 'yes' : 'no',
  ]);
  return markdownTable(['Bucket', 'Shown as', 'Out of', 'Ended', 'Others may build on it'], buckets);
}

const QUEUED = sample('RunQueued');
const STARTED = sample('RunStarted');
/** One stream for each state that the decider distinguishes. */
const STATES: Readonly<Record<string, readonly ProductDraft[]>> = {
  'never ran': [],
  pending: [QUEUED],
  running: [QUEUED, STARTED],
  'handed back': [QUEUED, STARTED, sample('RunReleased')],
  ended: [QUEUED, STARTED, sample('RunCompleted')],
};

const RUN = `${KEY}-0`;
const CLAIM = { runId: RUN, attempt: 1 };
const { type, definitionVersion, scope, context, initiator, related } = EVENT_SAMPLES.RunQueued;
const START = {
  kind: 'start',
  type,
  definitionVersion,
  scope: scope as Extract<OperationCommand, { kind: 'start' }>['scope'],
  context: context as Extract<OperationCommand, { kind: 'start' }>['context'],
  initiator,
  total: null,
  input: {},
  causedBy: null,
  related,
  title: 'Inventory',
  once: false,
} as const satisfies OperationCommand;
const CLAIMING = { kind: 'claim', runId: RUN, worker: 'worker-2', holderLost: false } as const;

/** Every command, once for each property of the state that it depends on. */
const COMMANDS: Readonly<Record<string, OperationCommand>> = {
  'start, same context': START,
  'start, other context': { ...START, context: { other: true } },
  'start by a schedule (once)': { ...START, once: true },
  claim: { ...CLAIMING, attemptLimit: 3 },
  'claim, its worker lost': { ...CLAIMING, attemptLimit: 3, holderLost: true },
  'claim, its worker lost, at the limit': { ...CLAIMING, attemptLimit: 1, holderLost: true },
  release: { kind: 'release', claim: CLAIM, reason: 'The worker is stopping.' },
  'set total': { kind: 'set-total', claim: CLAIM, total: 7 },
  'record items': {
    kind: 'record-items',
    claim: CLAIM,
    items: EVENT_SAMPLES.RunItemsRecorded.items,
    produced: () => [],
  },
  wait: { kind: 'wait', claim: CLAIM, ...EVENT_SAMPLES.RunWaiting },
  note: { kind: 'note', claim: CLAIM, note: 'Reading' },
  'intend effect': { kind: 'intend-effect', claim: CLAIM, effect: EVENT_SAMPLES.EffectIntended },
  'settle effect, nothing intended': {
    kind: 'settle-effect',
    claim: CLAIM,
    effect: EVENT_SAMPLES.EffectSettled,
  },
  complete: { kind: 'complete', claim: CLAIM, related: [], summary: 'Done' },
  fail: { kind: 'fail', claim: CLAIM, reasonCode: 'unexpected', reason: 'It failed.' },
  'a held command, older attempt': { kind: 'note', claim: { ...CLAIM, attempt: 0 }, note: 'Reading' },
  'fail dispatch': { kind: 'fail-dispatch', runId: RUN, attempt: 0, reason: 'The bus did not answer.' },
  'fail dispatch, handed back': { kind: 'fail-dispatch', runId: RUN, attempt: 1, reason: 'Nobody came.' },
  'abort lost': { kind: 'abort-lost', runId: RUN, attempt: 1, attemptLimit: 3 },
  'abort lost, at the limit': { kind: 'abort-lost', runId: RUN, attempt: 1, attemptLimit: 1 },
};

function commandTable(): string {
  const rows = Object.entries(COMMANDS).map(([name, command]) => [
    name,
    ...Object.values(STATES).map((drafts) => inWords(decide(stateAfter(drafts), command))),
  ]);
  return markdownTable(['Command', ...Object.keys(STATES)], rows);
}

function inWords(decision: Decision): string {
  switch (decision.kind) {
    case 'append':
      return decision.events.map((event) => code(event.type)).join(', ');
    case 'refused':
      return `refused: ${code(decision.code)}`;
    case 'nothing':
      return decision.because.replaceAll('_', ' ');
  }
}

function eventEffects(): string {
  const rows = LIFECYCLE_EVENTS.map(({ type: name, importance }) => {
    const before = name === 'RunQueued' ? [] : name === 'RunStarted' ? [QUEUED] : [QUEUED, STARTED];
    const lifecycles = variants(name).map((event) => stateAfter([...before, event]).run?.lifecycle ?? '');
    return [code(name), [...new Set(lifecycles)].map(code).join(', '), importance];
  });
  return markdownTable(['Event', 'Lifecycle after it', 'Importance'], rows);
}

/** An event without failed items and one with failed items, for events that count them. */
function variants(name: (typeof LIFECYCLE_EVENTS)[number]['type']): ProductDraft[] {
  if (name !== 'RunCompleted') return [sample(name)];
  const { counts, ...data } = EVENT_SAMPLES.RunCompleted;
  const clean = { ...counts, succeeded: counts.succeeded + counts.failed, failed: 0 };
  return [clean, counts].map((some) => ({ type: name, data: { ...data, counts: some } }));
}
