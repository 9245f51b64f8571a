import { PerformanceObserver } from 'node:perf_hooks';
import type { EventLog } from '../src/ledger/event-log.js';
import { quantile } from './report.js';

/** The steps from a start to its handler, in their order. The dispatcher's and the hub's projections have no part in it. */
const STEPS = ['prepared', 'appended_queued', 'handed_over', 'appended_started', 'handler'] as const;

/** The times of one start on the monotonic clock, milliseconds; the first is its begin, then one a step. */
type Trace = number[];

/** Where the time of starts goes. */
export interface StartTrace {
  begin(id: string): void;
  /** Says under which stream the run of `id` is written; called before its first append. */
  named(id: string, stream: string): void;
  handled(id: string): void;
  /** Milliseconds of each step by name: p50, p99, and its mean among the slowest hundredth of all starts. */
  figures(): readonly { readonly metric: string; readonly value: number; readonly n: number }[];
  /** Lets go of what was seen so far. */
  clear(): void;
}

/** Notes when the log gets and answers each run's first two appends, and the collections of garbage meanwhile. */
export function traceStarts(log: EventLog): StartTrace {
  const traces = new Map<string, Trace>();
  const byStream = new Map<string, Trace>();
  const pauses: { readonly from: number; readonly to: number }[] = [];
  const notePauses = (entries: readonly PerformanceEntry[]) => {
    for (const { startTime, duration } of entries) pauses.push({ from: startTime, to: startTime + duration });
  };
  const collections = new PerformanceObserver((list) => notePauses(list.getEntries()));
  collections.observe({ entryTypes: ['gc'] });
  const append = log.append.bind(log);
  Object.assign(log, {
    append: async (...given: Parameters<EventLog['append']>) => {
      const trace = byStream.get(given[0]);
      if (!trace || trace.length >= STEPS.length) return append(...given);
      trace.push(performance.now());
      const appended = await append(...given);
      trace.push(performance.now());
      return appended;
    },
  });
  return {
    begin: (id) => void traces.set(id, [performance.now()]),
    named(id, stream) {
      const trace = traces.get(id);
      if (trace) byStream.set(stream, trace);
    },
    handled: (id) => void traces.get(id)?.push(performance.now()),
    figures() {
      notePauses(collections.takeRecords());
      const whole = [...traces.values()].filter((trace) => trace.length === STEPS.length + 1);
      const took = (trace: Trace, step: number) => (trace[step + 1] ?? 0) - (trace[step] ?? 0);
      const inAll = (trace: Trace) => (trace.at(-1) ?? 0) - (trace[0] ?? 0);
      const slowest = whole.toSorted((a, b) => inAll(b) - inAll(a)).slice(0, Math.ceil(whole.length / 100));
      const mean = (values: readonly number[]) =>
        values.reduce((sum, value) => sum + value, 0) / values.length;
      const collecting = (trace: Trace) =>
        pauses.reduce(
          (sum, { from, to }) =>
            sum + Math.max(0, Math.min(to, trace.at(-1) ?? 0) - Math.max(from, trace[0] ?? 0)),
          0,
        );
      return [
        ...STEPS.flatMap((step, index) => {
          const sorted = whole.map((trace) => took(trace, index)).sort((a, b) => a - b);
          return [
            { metric: `step_${step}_p50`, value: quantile(sorted, 0.5), n: sorted.length },
            { metric: `step_${step}_p99`, value: quantile(sorted, 0.99), n: sorted.length },
            {
              metric: `step_${step}_of_slowest`,
              value: mean(slowest.map((trace) => took(trace, index))),
              n: slowest.length,
            },
          ];
        }),
        { metric: 'step_all_of_slowest', value: mean(slowest.map(inAll)), n: slowest.length },
        { metric: 'garbage_collected_meanwhile', value: mean(slowest.map(collecting)), n: slowest.length },
      ];
    },
    clear() {
      traces.clear();
      byStream.clear();
      pauses.length = 0;
    },
  };
}
