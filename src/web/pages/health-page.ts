import { z } from 'zod';
import { currentConnection, type FailedCheck, failedCheck } from '../hub/connection.js';
import { silentSchedules } from '../hub/silent-schedules.js';
import { tenantQueue } from '../hub/tenant-queue.js';
import type { PartState, PartStatus, SystemStatus, WorkerReport } from '../ports/status.js';
import { type CredentialEnding, endingOf } from '../view/credential-ending.js';
import { duration, number } from '../view/format.js';
import { definePage, type PageRead } from './page.js';
import { isEventOf, pauseFor } from './page-frame.js';

/**
 * A worker without a sign of life for longer, in milliseconds, is shown as silent. Workers give one every 3 s.
 */
const WORKER_SILENT_MS = 15_000;
const STATE_BUCKETS: Readonly<Record<PartState, string>> = {
  ok: 'succeeded',
  degraded: 'partially_succeeded',
  down: 'failed',
};
const STATE_WORDS: Readonly<Record<PartState, string>> = {
  ok: 'Working',
  degraded: 'Degraded',
  down: 'Down',
};

/** Record → Health: the parts of the program, its workers, what waits and what is silent. */
export const healthPage = definePage<object>({
  path: '/health',
  rail: { heading: 'Record', label: 'Health', icon: 'pulse' },
  capability: 'hub.read',
  template: 'pages/health',
  query: z.object({}),
  load: async (read) => ({ title: 'Health', view: await healthView(read), people: [] }),
  live: {
    load: async (read) => ({
      fragments: [{ target: 'health', template: 'partials/health', view: await healthView(read) }],
      people: [],
    }),
  },
});

async function healthView({ db, position, report, access, time, runtime }: PageRead<object>) {
  const status = runtime.deps.ports.status();
  const queue = await tenantQueue(db);
  const connection = await currentConnection(db);
  const connected =
    connection && connectionPart(endingOf(connection.ends_at, time.now), await failedCheck(db, connection));
  const parts = partsOf(
    {
      ...status.parts,
      'live updates': liveUpdatesPart(runtime.changes.connected()),
      ...(connected && { 'connection of this tenant': connected }),
    },
    access.tenant.tenantId,
  );
  return {
    base: `/t/${access.tenant.slug}`,
    tenantName: access.tenant.name,
    verdict: verdictOf(parts),
    parts,
    workers: status.workers.map(workerView),
    queue: { ...queue, waits: queue.types.reduce((sum, { queued }) => sum + queued, 0) },
    silentSchedules: await silentSchedules(db, time.now),
    opensSchedules: access.allows('features.read'),
    building: status.building,
    position,
    headPosition: status.headPosition,
    behind: report && (report.caughtUp ? 'nothing' : duration(report.lagMs)),
    projectorSilent: report && duration(report.silentMs),
    pause: report ? pauseFor(report, access.tenant.tenantId) : null,
  };
}

function liveUpdatesPart(connected: boolean): PartStatus {
  if (connected) return { state: 'ok', detail: 'listens for changes' };
  return { state: 'degraded', detail: 'reconnects; pages are complete, but don’t move by themselves' };
}

/** The tenant's connection while its credential ends or its newest check has failed; null otherwise. */
function connectionPart(ending: CredentialEnding | null, failed: FailedCheck | undefined): PartStatus | null {
  if (ending)
    return {
      state: ending.bucket === 'failed' ? 'down' : 'degraded',
      detail: `${ending.label} An owner replaces the connection on its page`,
    };
  if (!failed || failed.ofProposal) return null;
  return { state: 'degraded', detail: `the last check failed: ${failed.reason ?? 'its run says why'}` };
}

/** The parts of the program, those with trouble first. */
function partsOf(all: SystemStatus['parts'], tenantId: string) {
  const order: readonly PartState[] = ['down', 'degraded', 'ok'];
  return Object.entries(all)
    .map(([name, part]) => ({
      name,
      ...part,
      bucket: STATE_BUCKETS[part.state],
      word: STATE_WORDS[part.state],
      blockedBy: part.blockedBy && isEventOf(part.blockedBy.event, tenantId) ? part.blockedBy : null,
    }))
    .sort((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
}

function verdictOf(parts: ReturnType<typeof partsOf>) {
  const wrong = parts.filter(({ state }) => state !== 'ok');
  const [worst] = wrong;
  if (!worst) return { bucket: 'succeeded', text: 'Everything works.' };
  const others =
    wrong.length === 1
      ? ''
      : ` So ${wrong.length === 2 ? 'is one other part' : `are ${number(wrong.length - 1)} other parts`} in trouble.`;
  return { bucket: worst.bucket, text: `${worst.name}: ${worst.detail}.${others}` };
}

function workerView(worker: WorkerReport) {
  const isSilent = worker.silentMs > WORKER_SILENT_MS;
  return {
    ...worker,
    bucket: isSilent ? 'partially_succeeded' : 'succeeded',
    word: isSilent ? 'Silent' : 'At work',
    heard: `${duration(worker.silentMs)} ago`,
  };
}
