import { z } from 'zod';
import { comparedInPart } from '../../policies/linked-content.js';
import { cacheAgeOf } from '../hub/directory-list.js';
import { policyTypeLabel } from '../hub/finding-list.js';
import { readHub } from '../hub/hub-read.js';
import {
  findingsAbout,
  findSnapshotRow,
  findVersion,
  listVersions,
  type PolicyVersionRow,
  runsFor,
  setsWith,
} from '../hub/policy-detail.js';
import { findPolicy, type PolicyListRow, presenceOf } from '../hub/policy-list.js';
import { findRun } from '../hub/run-detail.js';
import type { RunRow } from '../hub/run-order.js';
import { LIMITS } from '../limits.js';
import { graphStartOffer, type StartOffer, startOffer } from '../start-offers.js';
import { type Act, actsView, backUpAct, exportAct } from '../view/acts.js';
import { findingGroups } from '../view/finding-groups.js';
import { shownPolicy } from '../view/shown-policy.js';
import { WebError } from '../web-error.js';
import { definePage, type PageRead } from './page.js';
import { defineForm, startRunOfForm } from './page-form.js';
import { contentsOf, type NoContents, type VersionContents } from './policy-content.js';
import { peopleOf, rowViews } from './run-rows.js';

const version = z.coerce.number().int().min(1).optional();
const policyQuery = z.object({
  /** The version whose content is shown; the newest by default. */
  version,
  /** The page of versions before this one. */
  before: version,
});
type Query = z.infer<typeof policyQuery>;

const POLICY_ID = { param: 'policy', kind: 'policy' } as const;

const captureNow = defineForm({
  path: '/policies/:policy/capture',
  capability: 'runs.start',
  id: POLICY_ID,
  fields: z.object({}),
  async submit(sent) {
    const key = sent.params.policy ?? '';
    const policy = await readHub(sent.runtime.deps, sent.at.tenantId, (db) => findPolicy(db, key));
    if (!policy) throw new WebError('not_found', 'Nothing has this address.');
    const { policy_type: policyType, policy_id: policyId, name } = policy;
    return startRunOfForm(sent, 'policy.capture_snapshot', { policyType, policyId, name });
  },
});

/** One policy: what it sets, whom it reaches, its versions, findings and runs (K2). */
export const policyPage = definePage<Query>({
  path: '/policies/:policy',
  under: '/policies',
  capability: 'features.read',
  id: POLICY_ID,
  template: 'pages/policy',
  query: policyQuery,
  forms: [captureNow],
  linkTargets: { policy: ({ target_id }) => `/policies/${encodeURIComponent(target_id)}` },
  async load(read) {
    const view = await policyView(read);
    if (!view) return undefined;
    const offer = await graphStartOffer(read.access, read.db);
    return {
      title: view.policy.name,
      view: { ...view, acts: actsView(actsFor(read, view, offer)) },
      people: view.people,
    };
  },
  live: {
    async load(read) {
      const view = await policyView(read);
      const fragment = (target: string) => ({ target, template: `partials/${target}`, view: view ?? {} });
      return {
        fragments: view ? [fragment('policy-seen'), fragment('policy')] : [],
        people: view?.people ?? [],
      };
    },
  },
});

/** The policy with the version that is shown and everything that knows of it; undefined when it isn't there. */
async function policyView(read: PageRead<Query>) {
  const { db, params, query, access } = read;
  const policy = await findPolicy(db, params.policy ?? '');
  if (!policy) return undefined;
  const shown = await findVersion(db, policy.policy_key, query.version ?? policy.version);
  if (!shown) return undefined;
  const contents = await contentsOf(read, policy.policy_type, [shown]);
  const runs = await runsShown(read, policy);
  const base = `/t/${access.tenant.slug}`;
  return {
    base,
    page: `${base}/policies/${policy.policy_key}`,
    policy,
    shown,
    typeLabel: policyTypeLabel(policy.policy_type),
    presence: (await presenceOf(db, [policy])).get(policy.policy_key),
    snapshot: shown.snapshot_id === null ? undefined : await findSnapshotRow(db, shown.snapshot_id),
    ...shownContent(contents),
    cacheAge: await cacheAgeOf(db),
    ...(await versionsShown(read, policy)),
    findings: findingGroups(await findingsAbout(db, policy, LIMITS.findingsOfPolicy)),
    sets: await setsWith(db, policy.policy_key, LIMITS.setsOfPolicy),
    runs: await rowViews(read, runs),
    people: peopleOf(runs),
  };
}

/** The content in words and masked, or the sentences that say why there is none. */
function shownContent(contents: VersionContents | NoContents) {
  if ('lost' in contents)
    return { content: undefined, inPart: [], isAssigned: false, lost: contents.lost.join(' ') };
  const { type, names } = contents;
  const [policy] = contents.policies;
  return {
    content: policy && shownPolicy(type, policy, names),
    inPart: policy ? comparedInPart(type, policy.raw) : [],
    /** Whether policies of the type have assignments of their own. */
    isAssigned: type.assignments !== 'none',
    lost: '',
  };
}

/** What can be done with the policy, and with the version that is shown. */
function actsFor(
  { access }: PageRead<Query>,
  { policy, shown, content }: ActsOn,
  graphOffer: StartOffer,
): readonly Act[] {
  const { policy_key: key } = policy;
  const stored = content ? startOffer(access, null) : { allowed: false, reason: CONTENT_LOST };
  const capture = {
    method: 'post',
    path: `/policies/${key}/capture`,
    fields: {},
    offer: graphOffer,
  } as const;
  return [
    { label: 'Capture now', primary: true, ...capture },
    backUpAct('Back this up', { policy: key }, graphOffer),
    exportAct('Export as it is now', { policy: key }, graphOffer),
    exportAct(`Export version ${shown.version}`, { policy: key, version: shown.version }, stored),
  ];
}

const CONTENT_LOST =
  'The stored content of this version is lost. Capture the policy to keep what the tenant has now.';

interface ActsOn {
  readonly policy: PolicyListRow;
  readonly shown: PolicyVersionRow;
  /** Undefined when the content of the version is lost. */
  readonly content: object | undefined;
}

async function versionsShown({ db, query, access }: PageRead<Query>, { policy_key }: PolicyListRow) {
  const { rows, hasMore } = await listVersions(db, policy_key, {
    before: query.before,
    limit: LIMITS.versionsPerPage,
  });
  const last = rows.at(-1);
  return {
    versions: await Promise.all(
      rows.map(async (version) => ({ version, firstRun: await findRun(db, version.first_run_id) })),
    ),
    older:
      hasMore && last
        ? `/t/${access.tenant.slug}/policies/${policy_key}?before=${last.version}#versions`
        : null,
  };
}

/** The newest runs that were started for the policy. */
async function runsShown({ db }: PageRead<Query>, { policy_key }: PolicyListRow): Promise<readonly RunRow[]> {
  const ids = await runsFor(db, policy_key, LIMITS.runsOfPolicy);
  const runs = await Promise.all(ids.map((runId) => findRun(db, runId)));
  return runs.filter((run) => run !== undefined);
}

/** The address of a snapshot leads to the version that it kept. */
export const policySnapshotPage = definePage<object>({
  path: '/policies/:policy/snapshots/:revision',
  under: '/policies',
  capability: 'features.read',
  id: POLICY_ID,
  template: 'pages/policy',
  query: z.object({}),
  linkTargets: {
    snapshot({ target_id }) {
      const [policyKey = '', revision = ''] = target_id.split('-');
      return `/policies/${encodeURIComponent(policyKey)}/snapshots/${encodeURIComponent(revision)}`;
    },
  },
  async load({ db, params }) {
    const snapshot = await findSnapshotRow(db, `${params.policy}-${params.revision}`);
    return snapshot && { movedTo: `/policies/${snapshot.policy_key}?version=${snapshot.version}` };
  },
});
