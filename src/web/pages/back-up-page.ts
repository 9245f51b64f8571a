import { z } from 'zod';
import { createBackupSet } from '../../entities/backup-set/backup-set.js';
import { POLICY_TYPES } from '../../policies/catalogue/policy-types.js';
import { findBackupSet, openBackupSets } from '../hub/backup-set-list.js';
import { policyTypeLabel } from '../hub/finding-list.js';
import { type HubRead, readHub } from '../hub/hub-read.js';
import { usableInventory } from '../hub/inventory-list.js';
import {
  listPolicyChoices,
  type PolicyChoiceFilters,
  policiesWithKeys,
  policyChoiceFilters,
  policyKeyField,
} from '../hub/policy-choices.js';
import { policyPlace } from '../hub/policy-place.js';
import { LIMITS } from '../limits.js';
import { listField, optionalField } from '../optional-field.js';
import { queryOf } from '../query-of.js';
import { graphStartOffer } from '../start-offers.js';
import { setNameField } from './backup-sets-page.js';
import { idOfForm } from './id-of-form.js';
import { definePage } from './page.js';
import { change, defineForm, type FormSent, startRunOfForm } from './page-form.js';
import { wrongField } from './read-form.js';

const PATH = '/back-up';

const querySchema = policyChoiceFilters.extend({
  /** The set to add to; a new one by default. */
  set: optionalField(z.guid()),
  past: optionalField(policyPlace),
});
type Query = z.infer<typeof querySchema>;

const fields = z.object({
  formId: z.guid(),
  /** The set to add to; empty for a new one. */
  set: z.union([z.guid(), z.literal('')]),
  name: optionalField(setNameField),
  what: z.enum(['chosen', 'matching', 'inventory', 'tenant']),
  policies: listField(policyKeyField, LIMITS.choicesPerPage),
  inventory: z.string().max(60).optional(),
  ...policyChoiceFilters.shape,
  includeAssignments: z.literal('yes').optional(),
  includeScopeTags: z.literal('yes').optional(),
});
type Sent = FormSent<z.infer<typeof fields>>;

const backUpForm = defineForm({
  path: PATH,
  capability: 'runs.start',
  fields,
  async submit(sent) {
    const { form, tenant } = sent;
    const choice = await chosenIn(sent);
    const setId = form.set === '' ? idOfForm(form.formId, tenant.tenantId) : form.set;
    if (form.set === '') {
      if (form.name === undefined) throw wrongField('name', 'A new set needs a name.');
      await change(sent, createBackupSet, { setId, name: form.name }, PATH);
    }
    return startRunOfForm(sent, 'backup_set.add_policies', {
      setId,
      choice,
      includeAssignments: form.includeAssignments === 'yes',
      includeScopeTags: form.includeScopeTags === 'yes',
    });
  },
});

/** The policies that a form selects. Errors: WebError when it selects none. */
async function chosenIn({ form, at, runtime }: Sent): Promise<object> {
  const ofType = form.type ? { policyTypes: [form.type] } : {};
  if (form.what === 'tenant') return { from: 'tenant', ...ofType };
  if (form.what === 'inventory') {
    if (!form.inventory) throw wrongField('what', 'There is no usable inventory yet. Start one first.');
    return { from: 'inventory', runId: form.inventory, ...ofType };
  }
  const rows = await readHub(runtime.deps, at.tenantId, async (db) =>
    form.what === 'chosen'
      ? policiesWithKeys(db, form.policies)
      : (await listPolicyChoices(db, form, { limit: LIMITS.choicesMax })).rows,
  );
  if (rows.length === 0) throw wrongField('policies', 'Choose at least one policy.');
  const policies = rows.map(({ policy_type, policy_id }) => ({
    policyType: policy_type,
    policyId: policy_id,
  }));
  return { from: 'list', policies };
}

/** Backup → Backup sets → Back up policies: choose policies, and the set that gets them. */
export const backUpPage = definePage<Query>({
  path: PATH,
  under: '/backup-sets',
  capability: 'features.read',
  template: 'pages/back-up',
  query: querySchema,
  forms: [backUpForm],
  async load({ db, access, query, runtime }) {
    const { past, set: setId, ...filter } = query;
    const { rows, next } = await listPolicyChoices(db, filter, { past, limit: LIMITS.choicesPerPage });
    const link = (more: object) => `back-up${queryOf({ ...query }, { ...more })}`;
    const filtered = Boolean(filter.q || filter.type || filter.findings || filter.policy.length > 0);
    return {
      title: 'Back up policies',
      view: {
        filter,
        filterFields: fieldsOf(filter),
        policies: rows.map((row) => ({
          ...row,
          typeLabel: policyTypeLabel(row.policy_type),
          isChosen: filter.policy.includes(row.policy_key),
        })),
        filtered,
        cleared: `back-up${queryOf({ set: setId })}`,
        words: choiceWords(filtered, filter.type !== undefined),
        types: POLICY_TYPES,
        next: next === null ? null : link({ past: next }),
        first: past === undefined ? null : link({ past: undefined }),
        sets: await setsOffered(db, setId),
        setId: setId ?? '',
        inventory: await usableInventory(db),
        offer: await graphStartOffer(access, db),
        formId: runtime.deps.chance.uuid(),
      },
      people: [],
    };
  },
});

/** The choices of the form that depend on the filters, in words. */
const choiceWords = (filtered: boolean, ofOneType: boolean) => ({
  matching: filtered ? 'All that match the filters' : 'All that are listed, on every page',
  all: ofOneType ? 'All of this type' : 'All',
  everything: ofOneType ? 'Everything of this type' : 'Everything',
});

/** The filters as fields of a form, one for each value. */
const fieldsOf = (filter: PolicyChoiceFilters): readonly (readonly [string, string])[] =>
  Object.entries(filter).flatMap(([name, value]) => [value ?? []].flat().map((one) => [name, one] as const));

/** The sets that can get more policies, with the one that the address names. */
async function setsOffered(db: HubRead, setId: string | undefined) {
  const sets = await openBackupSets(db);
  if (setId === undefined || sets.some(({ set_id }) => set_id === setId)) return sets;
  const named = await findBackupSet(db, setId);
  return named && named.expired_at === null ? [named, ...sets] : sets;
}
