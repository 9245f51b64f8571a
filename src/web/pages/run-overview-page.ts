import { z } from 'zod';
import { findingsOfRun } from '../hub/finding-list.js';
import { itemReasons, lastBeat, type RunLinkRow, relatedOf, timelineEvents } from '../hub/run-detail.js';
import type { RunRow } from '../hub/run-list.js';
import type { TenantAccess } from '../request-identity.js';
import { readableRuns } from '../run-visibility.js';
import { findingGroups } from '../view/finding-groups.js';
import { adviceOf, meaningOf, runTitle, unprocessed } from '../view/run-words.js';
import { isSilent } from '../view/silence.js';
import { timelineOf } from '../view/timeline.js';
import type { WebRuntime } from '../web-runtime.js';
import { peopleOf } from './operations-page.js';
import type { PageRead } from './page.js';
import { runPage } from './run-page.js';

/** Findings on a run's own page; the drift page has the others. */
const FINDINGS_SHOWN = 100;
const overviewQuery = z.object({ after: z.coerce.number().int().optional() });

/** A run: what it is, its timeline, its counts, why items failed, and what it relates to (H3). */
export const runOverviewPage = runPage<z.infer<typeof overviewQuery>>({
  path: '/runs/:run',
  template: 'pages/run-overview',
  query: overviewQuery,
  async load(read, run, header) {
    const overview = await overviewOf(read, run);
    return {
      title: runTitle(run),
      view: { header, tab: 'overview', ...overview },
      people: [...peopleOf([run]), ...overview.people],
    };
  },
  async fragments(read, run) {
    const overview = await overviewOf(read, run);
    return {
      fragments: [{ target: 'run-overview', template: 'partials/run-overview', view: overview }],
      people: overview.people,
    };
  },
  pending: (read) => read.query.after ?? -1,
});

async function overviewOf({ db, time, access, addedCodes, runtime }: PageRead<unknown>, run: RunRow) {
  const related = await relatedOf(db, run, readableRuns(access));
  const timeline = await timelineEvents(db, run);
  const reasons = await itemReasons(db, run.run_id);
  const findings =
    run.type === 'drift.generate' && access.allows('features.read')
      ? await findingsOfRun(db, run.run_id, { limit: FINDINGS_SHOWN })
      : { rows: [], next: null };
  const beatAt = run.bucket === 'running' ? await lastBeat(db, run.run_id) : null;
  const silentSince = beatAt !== null && isSilent(beatAt, time.now) ? beatAt : null;
  return {
    run,
    base: `/t/${access.tenant.slug}`,
    timeline: timelineOf(timeline.events, time.now, silentSince),
    timelineFrom: timeline.completeFrom,
    unprocessed: unprocessed(run),
    reasons: reasons.map((group) => ({
      ...group,
      meaning: meaningOf(group.reason_code, addedCodes),
      advice: adviceOf(group.reason_code, addedCodes),
    })),
    groups: findingGroups(findings.rows),
    moreFindings: findings.next !== null,
    own: related.own.map((link) => ({ ...link, href: hrefOf(link, runtime, access) })),
    incoming: related.incoming,
    causedBy: related.causedBy,
    caused: related.caused,
    asks: related.asks,
    people: related.asks.filter((ask) => ask.initiator_kind === 'member').map((ask) => ask.initiator_id),
  };
}

/** Where a related link leads inside the tenant, or null for what has no page or none for this person. */
function hrefOf(link: RunLinkRow, { pages }: WebRuntime, access: TenantAccess): string | null {
  // The page of a run shows everybody who may open it; its kind of link takes the list's capability besides.
  if (link.target_kind === 'run')
    return access.allows('hub.read') ? `/runs/${encodeURIComponent(link.target_id)}` : null;
  for (const { linkTargets, capability } of pages) {
    const target = linkTargets?.[link.target_kind];
    if (target) return access.allows(capability) ? target(link) : null;
  }
  return null;
}
