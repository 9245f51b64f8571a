import {
  type LastPartReport,
  PART_SILENT_AFTER_MS,
  type PartName,
  TYPE_SILENT_AFTER_MS,
} from '../liveness/part-reports.js';
import type { PartStatus, WorkerReport } from '../web/ports/status.js';

/**
 * States of the parts that report, by name. A missing part only degrades the system, because others
 * continue.
 */
export function partStates(
  reports: readonly LastPartReport[],
  workerTypes: readonly string[],
): Readonly<Record<string, PartStatus>> {
  return {
    workers: workersPart(reports, workerTypes),
    'other processes': processesPart([...ofPart(reports, 'web'), ...ofPart(reports, 'projector')]),
    dispatcher: caretakerPart(reports, 'dispatcher', 'pending runs are not sent again'),
    watchdog: caretakerPart(reports, 'watchdog', 'lost runs are not taken over'),
    scheduler: caretakerPart(reports, 'scheduler', 'schedules start nothing'),
  };
}

/** The workers among the parts, sorted by name. */
export const listWorkers = (reports: readonly LastPartReport[]): readonly WorkerReport[] =>
  ofPart(reports, 'worker')
    .map(({ name, appVersion, types = [], runsInHand = 0, silentMs }) => ({
      name,
      appVersion,
      types,
      runsInHand,
      silentMs,
    }))
    .sort((one, other) => one.name.localeCompare(other.name));

const degraded = (detail: string): PartStatus => ({ state: 'degraded', detail });
const ofPart = (reports: readonly LastPartReport[], name: PartName) =>
  reports.filter(({ part }) => part === name);
const living = (parts: readonly LastPartReport[]) =>
  parts.filter(({ silentMs }) => silentMs <= PART_SILENT_AFTER_MS);

function workersPart(reports: readonly LastPartReport[], workerTypes: readonly string[]): PartStatus {
  const workers = ofPart(reports, 'worker');
  const alive = living(workers);
  if (alive.length === 0) return degraded(`no sign of life: ${lastReport(workers)}; runs wait`);
  const recent = workers.filter(({ silentMs }) => silentMs <= TYPE_SILENT_AFTER_MS);
  const taken = new Set(recent.flatMap(({ types = [] }) => types));
  const untaken = workerTypes.filter((type) => !taken.has(type));
  if (untaken.length > 0) return degraded(`no worker takes ${untaken.join(', ')}`);
  const troubled = troubleOfOne(alive);
  if (troubled !== undefined) return degraded(troubled);
  const inHand = alive.reduce((sum, { runsInHand = 0 }) => sum + runsInHand, 0);
  const versions = [...new Set(alive.map(({ appVersion }) => appVersion))];
  const which = versions.length > 1 ? `, of versions ${versions.join(' and ')}` : '';
  return { state: 'ok', detail: `${alive.length} at work${which}, ${inHand} runs in hand` };
}

/**
 * The state of the processes that serve pages or apply events. Their number doesn't matter here; other checks show
 * whether they work.
 */
function processesPart(parts: readonly LastPartReport[]): PartStatus {
  const alive = living(parts);
  const troubled = troubleOfOne(alive);
  if (troubled !== undefined) return degraded(troubled);
  const count = (name: PartName) => ofPart(alive, name).length;
  return { state: 'ok', detail: `web: ${count('web')}, projector: ${count('projector')}` };
}

/** The trouble of the first process that has one, with the name of the process. */
function troubleOfOne(parts: readonly LastPartReport[]): string | undefined {
  const [troubled] = parts.filter(({ trouble }) => trouble !== undefined);
  return troubled && `${troubled.name}: ${troubled.trouble}`;
}

function caretakerPart(reports: readonly LastPartReport[], name: PartName, consequence: string): PartStatus {
  const parts = ofPart(reports, name);
  const alive = living(parts);
  if (alive.length === 0) return degraded(`no sign of life: ${lastReport(parts)}; ${consequence}`);
  const troubles = alive.flatMap(({ trouble }) => trouble ?? []);
  const [trouble] = troubles;
  if (trouble !== undefined && troubles.length === alive.length) return degraded(trouble.replace(/\.$/, ''));
  return { state: 'ok', detail: alive.length === 1 ? 'at work' : `at work, ${alive.length} processes ready` };
}

function lastReport(parts: readonly LastPartReport[]): string {
  const ms = Math.min(...parts.map(({ silentMs }) => silentMs));
  return Number.isFinite(ms) ? `the last one ${Math.round(ms / 1000)} s ago` : 'no process ran one lately';
}
