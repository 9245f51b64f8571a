import { POLICY_TYPES } from '../../policies/catalogue/policy-types.js';
import { cacheAgeOf } from '../hub/directory-list.js';
import { policyTypeLabel } from '../hub/finding-list.js';
import type { FoundFacets } from '../hub/policy-facets.js';
import {
  listPolicies,
  POLICY_ORDERS,
  type PolicyFilters,
  placeOf,
  policyFiltersSchema,
  policySearch,
  presenceOf,
} from '../hub/policy-list.js';
import { LIMITS } from '../limits.js';
import { pathWithQuery } from '../query-of.js';
import { graphStartOffer } from '../start-offers.js';
import { definePage } from './page.js';

const ORDER_LABELS = { name: 'name', changed: 'last change' } as const;

/** Tenant → Policies: every policy that was ever observed or captured (K2). */
export const policiesPage = definePage<PolicyFilters>({
  path: '/policies',
  rail: { heading: 'Tenant', label: 'Policies', icon: 'policy' },
  capability: 'features.read',
  template: 'pages/policies',
  query: policyFiltersSchema,
  async load({ db, access, query }) {
    const { sort: order = 'name' } = query;
    const search = await policySearch(db, query);
    const page = await listPolicies(db, query, search, LIMITS.policiesPerPage);
    const presence = await presenceOf(db, page.rows);
    const { past: _past, before: _before, ...filters } = query;
    const link = (place: object) =>
      pathWithQuery(`/t/${access.tenant.slug}/policies`, { ...filters, ...place });
    const [first, last] = [page.rows[0], page.rows.at(-1)];
    return {
      title: 'Policies',
      view: {
        base: `/t/${access.tenant.slug}`,
        offer: await graphStartOffer(access, db),
        filters: query,
        tooShort: search.name.tooShort,
        found: [
          ...(search.setting ? [foundView('setting', query.setting, search.setting)] : []),
          ...(search.group ? [foundView('group', query.group, search.group)] : []),
        ],
        cacheAge: search.group ? await cacheAgeOf(db) : null,
        types: POLICY_TYPES,
        order,
        orderLabel: ORDER_LABELS[order],
        orders: POLICY_ORDERS.map((order) => [order, ORDER_LABELS[order]]),
        rows: page.rows.map((policy) => ({
          policy,
          typeLabel: policyTypeLabel(policy.policy_type),
          presence: presence.get(policy.policy_key),
        })),
        filtered: Boolean(query.q || query.type || query.setting || query.group),
        pages: {
          first: page.hasBefore ? link({}) : null,
          previous: page.hasBefore && first ? link({ before: placeOf(first, query) }) : null,
          next: page.hasMore && last ? link({ past: placeOf(last, query) }) : null,
          last: null,
        },
      },
      people: [],
    };
  },
});

/** The settings or groups that a search matches. */
const foundView = (what: string, q: string | undefined, { names, more }: FoundFacets) => ({
  what,
  q,
  names,
  more,
  inWords: names.join(', '),
});
