import { z } from 'zod';
import { deniedReason } from '../../access/capabilities.js';
import { expireBackupSet, renameBackupSet } from '../../entities/backup-set/backup-set.js';
import { EXPIRY_REASON_LENGTH_MAX } from '../../entities/backup-set/backup-set-events.js';
import { OTHER_TENANT_RIGHT } from '../../operations/restore-source/other-tenant-right.js';
import {
  type BackupSetRow,
  findBackupSet,
  listSetItems,
  missingFrom,
  runsOfSet,
  runsThatFill,
} from '../hub/backup-set-list.js';
import { policyTypeLabel } from '../hub/finding-list.js';
import { policyPlace } from '../hub/policy-place.js';
import { optionalField } from '../optional-field.js';
import { queryOf } from '../query-of.js';
import type { TenantAccess } from '../request-identity.js';
import { commandOffer, graphStartOffer, type StartOffer, startOffer, withheld } from '../start-offers.js';
import { actsView, backUpAct, exportAct } from '../view/acts.js';
import { setNameField } from './backup-sets-page.js';
import { tenantsToRestoreWith } from './other-tenant-source.js';
import { definePage, type PageRead } from './page.js';
import { change, defineForm } from './page-form.js';
import { restoreFromTenantLink } from './restore-from-tenant-page.js';
import { peopleOf, rowViews } from './run-rows.js';
import { startAgainForm } from './start-again-form.js';
import { neededText } from './text-fields.js';

const querySchema = z.object({
  /** A text in a policy's name. */
  q: optionalField(z.string().trim().max(200)),
  withheld: optionalField(z.literal('yes')),
  past: optionalField(policyPlace),
});
type Query = z.infer<typeof querySchema>;

const EXPIRED = withheld('This set has expired. Make another one to keep more.');
const SET_ID = { param: 'set', kind: 'backup_set' } as const;

const renameForm = defineForm({
  path: '/backup-sets/:set/rename',
  capability: renameBackupSet.capability,
  id: SET_ID,
  fields: z.object({ name: setNameField }),
  async submit(sent) {
    const setId = sent.params.set ?? '';
    const page = `/backup-sets/${setId}`;
    await change(sent, renameBackupSet, { setId, name: sent.form.name }, page);
    return page;
  },
});

const expireForm = defineForm({
  path: '/backup-sets/:set/expire',
  capability: expireBackupSet.capability,
  id: SET_ID,
  fields: z.object({
    reason: neededText(EXPIRY_REASON_LENGTH_MAX, 'needs a reason'),
  }),
  async submit(sent) {
    const setId = sent.params.set ?? '';
    const page = `/backup-sets/${setId}`;
    await change(sent, expireBackupSet, { setId, reason: sent.form.reason }, page);
    return page;
  },
});

/** Starts a run that filled a set again. It adds what is missing or has changed, and nothing else. */
const againForm = startAgainForm('/backup-sets/runs/:run/again', [
  'backup_set.add_policies',
  'backup_schedule.run',
]);

/** One backup set: its policies, what is missing and why, and the runs that fill it. */
export const backupSetPage = definePage<Query>({
  path: '/backup-sets/:set',
  under: '/backup-sets',
  capability: 'features.read',
  id: SET_ID,
  template: 'pages/backup-set',
  query: querySchema,
  forms: [renameForm, expireForm, againForm],
  linkTargets: { backup_set: ({ target_id }) => `/backup-sets/${encodeURIComponent(target_id)}` },
  async load(read) {
    const { db, access, params, query } = read;
    const filling = await fillingOf(read, params.set ?? '');
    if (!filling) return undefined;
    const { set } = filling;
    const { rows, next } = await listSetItems(db, set.set_id, query);
    const expired = set.expired_at === null ? null : EXPIRED;
    const graphOffer = expired ?? (await graphStartOffer(access, db));
    return {
      title: set.name,
      view: {
        ...filling,
        items: rows.map((item) => ({ ...item, typeLabel: policyTypeLabel(item.policy_type) })),
        filter: query,
        filtered: Boolean(query.q || query.withheld),
        next: next === null ? null : queryOf(query, { past: next }),
        manage: expired ?? commandOffer(access, expireBackupSet),
        acts: actsView([
          { ...backUpAct('Add policies', { set: set.set_id }, graphOffer), primary: true },
          exportAct('Export this set', { backupSet: set.set_id }, exportOffer(access, set)),
        ]),
        preview: previewOffer(set, filling.isFilling, graphOffer),
        elsewhere: elsewhereOf(read, set.set_id, expired),
      },
      people: filling.people,
    };
  },
  live: {
    async load(read) {
      const filling = await fillingOf(read, read.params.set ?? '');
      if (!filling) return { fragments: [], people: [] };
      const fragment = { target: 'set-filling', template: 'partials/backup-set-filling', view: filling };
      return { fragments: [fragment], people: filling.people };
    },
  },
});

/** The other tenants that the reader may restore the set to, or why there are none. */
function elsewhereOf(read: PageRead<unknown>, setId: string, expired: StartOffer | null) {
  const denied = expired?.reason ?? deniedReason(read.access.roles, OTHER_TENANT_RIGHT);
  const tenants = denied === null ? tenantsToRestoreWith(read) : [];
  const none = 'There is no other tenant in which you may do this too. An owner there can give you the role.';
  return {
    reason: denied ?? (tenants.length === 0 ? none : null),
    tenants: tenants.map(({ name, slug }) => ({
      name,
      href: `/t/${slug}/${restoreFromTenantLink({ source: read.access.tenant.slug, set: setId })}`,
    })),
  };
}

function previewOffer({ policies }: BackupSetRow, isFilling: boolean, offer: StartOffer): StartOffer {
  if (policies > 0 || !offer.allowed) return offer;
  return {
    allowed: false,
    reason: isFilling
      ? 'This set holds no policy yet. A run is filling it; load this page again in a moment.'
      : 'This set holds no policy yet. Add policies to it, then restore from it.',
  };
}

function exportOffer(access: TenantAccess, { policies }: BackupSetRow): StartOffer {
  if (policies > 0) return startOffer(access, null);
  return { allowed: false, reason: 'This set holds no policy yet. Add policies to it, then export it.' };
}

/** The part of the page that changes while a run fills the set. */
async function fillingOf(read: PageRead<unknown>, setId: string) {
  const { db, access, addedCodes } = read;
  const set = await findBackupSet(db, setId);
  if (!set) return undefined;
  const runs = await runsOfSet(db, setId);
  const filling = await runsThatFill(db, setId);
  const missing = await missingFrom(db, set, filling);
  const people = [
    ...(set.created_by_kind === 'member' ? [set.created_by_id] : []),
    ...(set.expired_by_kind === 'member' && set.expired_by_id ? [set.expired_by_id] : []),
    ...peopleOf(runs),
  ];
  return {
    base: `/t/${access.tenant.slug}`,
    set,
    people,
    addedCodes,
    rows: await rowViews(read, runs),
    isFilling: filling.some(({ finished_at }) => finished_at === null),
    missing: missing.map((item) => ({ ...item, typeLabel: policyTypeLabel(item.subject_type ?? '') })),
    /** The runs that can be started again because of what is missing, newest first. */
    again: filling.filter(({ run_id }) => missing.some((item) => item.run_id === run_id)),
    againOffer: set.expired_at === null ? await graphStartOffer(access, db) : EXPIRED,
  };
}
