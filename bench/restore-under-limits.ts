import { DOCUMENTED_LIMITS } from '../src/graph/request-limits.js';
import type { GraphContent } from '../src/graph/simulator/tenant-state.js';
import { catalogPolicy } from '../test/graph/simulator-and-client.js';
import { createRestoreBed } from '../test/support/restore-bed.js';
import { type BenchOptions, report } from './report.js';

const CATALOG = 'deviceManagement/configurationPolicies';
const POLICIES = 500;
/** Each policy is changed, and then assigned. */
const WRITES = 2 * POLICIES;
const LIMIT = DOCUMENTED_LIMITS.intune_writes;

/**
 * A live restore of 500 policies that were changed and assigned otherwise, under Intune's documented limits. Its time is
 * compared with the least that the limit of writes allows.
 */
export async function restoreUnderLimits(latencyMs: number, options: BenchOptions): Promise<void> {
  const ends: (() => Promise<void>)[] = [];
  const policies = Array.from({ length: POLICIES }, (_, index) => ({
    ...catalogPolicy(index),
    platforms: 'windows10',
    technologies: 'mdm',
    description: 'as it was',
  }));
  const content: GraphContent = new Map([[CATALOG, policies]]);
  const bed = await createRestoreBed({ teardown: (end) => void ends.push(end) }, content, {
    throttle: DOCUMENTED_LIMITS,
    latencyMs,
  });
  try {
    const target = { '@odata.type': '#microsoft.graph.allLicensedUsersAssignmentTarget' };
    for (const policy of policies)
      bed.state.put(CATALOG, { ...policy, description: 'changed', assignments: [{ id: 'other', target }] });
    const { runId } = await bed.preview();
    const restore = await bed.queue(runId);
    // The limits have forgotten the preview.
    await bed.clock.sleep(LIMIT.windowMs);
    const from = bed.lastRequest();
    const beganMs = bed.clock.monotonicMs();
    await bed.attempt(restore);
    const seconds = (bed.clock.monotonicMs() - beganMs) / 1000;
    const { succeeded } = await bed.counts(restore);
    const sent = bed.simulator
      .requests()
      .filter(({ sequence, path }) => sequence > from && path !== '$batch');
    const writes = bed.writes(from);
    const least = (Math.floor((WRITES - 1) / LIMIT.ofApp) * LIMIT.windowMs) / 1000;
    const figure = (metric: string, unit: string, value: number, subject = 'opsledger') =>
      report(
        {
          bench: 'operations',
          subject,
          metric: `restore at ${latencyMs} ms an answer, ${metric}`,
          unit,
          value,
          n: succeeded,
        },
        options,
      );
    figure('items', 'items', succeeded);
    figure('writes', 'requests', WRITES, 'fewest possible');
    figure('writes', 'requests', writes.length);
    figure('reads', 'requests', sent.length - writes.length);
    figure('refused (429)', 'requests', sent.filter(({ status }) => status === 429).length);
    figure('time', 's', least, 'least that the limits allow');
    figure('time', 's', seconds);
    figure('time against the least', 'times', seconds / least);
  } finally {
    for (const end of ends) await end();
  }
}
