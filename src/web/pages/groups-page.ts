import { z } from 'zod';
import { DIRECTORY_KINDS, type DirectoryKind } from '../../entities/directory/directory.js';
import { listDirectory, listSections } from '../hub/directory-list.js';
import { graphStartOffer } from '../start-offers.js';
import { definePage } from './page.js';
import { defineForm, startRunOfForm } from './page-form.js';
import { activeRunsOfType, peopleOf, rowViews } from './run-rows.js';

const PATH = '/groups';
const SYNC = 'directory_groups.sync';

const KIND_LABELS: Readonly<Record<DirectoryKind, string>> = {
  group: 'Groups',
  assignment_filter: 'Assignment filters',
  scope_tag: 'Scope tags',
};
const TYPE_LABELS: Readonly<Record<string, string>> = {
  security: 'security',
  microsoft365: 'Microsoft 365',
  mail_security: 'security, with mail',
  distribution: 'distribution',
};

const syncNow = defineForm({
  path: `${PATH}/sync`,
  capability: 'runs.start',
  fields: z.object({}),
  submit: (sent) => startRunOfForm(sent, SYNC, {}),
});

const querySchema = z.object({
  kind: z.enum(DIRECTORY_KINDS).default('group'),
  q: z.string().trim().max(100).default(''),
  /** The place after which the page begins: a name in lower case and an id. */
  name: z.string().max(300).optional(),
  after: z.string().max(200).optional(),
});
type Query = z.infer<typeof querySchema>;

/** Tenant → Groups: the cached groups, filters and scope tags of the tenant, and the age of the cache. */
export const groupsPage = definePage<Query>({
  path: PATH,
  rail: { heading: 'Tenant', label: 'Groups', icon: 'groups' },
  capability: 'features.read',
  template: 'pages/groups',
  query: querySchema,
  forms: [syncNow],
  linkTargets: { directory: () => PATH },
  async load(read) {
    const { db, access, query } = read;
    const { kind, q: search, name = '', after } = query;
    const sections = await listSections(db);
    const { rows, next } = await listDirectory(db, {
      kind,
      search,
      after: after === undefined ? undefined : { name, id: after },
    });
    const active = await activeRunsOfType(read, SYNC);
    const address = (more: Readonly<Record<string, string>>) =>
      `groups?${new URLSearchParams({ kind, ...(search && { q: search }), ...more })}`;
    return {
      title: 'Groups',
      view: {
        base: `/t/${access.tenant.slug}`,
        offer: await graphStartOffer(access, db),
        active: await rowViews(read, active),
        kinds: DIRECTORY_KINDS.map((each) => ({
          kind: each,
          label: KIND_LABELS[each],
          section: sections.find((section) => section.kind === each),
          isShown: each === kind,
        })),
        kind,
        q: search,
        label: KIND_LABELS[kind],
        section: sections.find((section) => section.kind === kind),
        rows: rows.map((row) => ({
          ...row,
          what: [
            row.type && (TYPE_LABELS[row.type] ?? row.type),
            row.dynamic && 'dynamic',
            row.on_premises && 'synchronized from on-premises',
          ]
            .filter(Boolean)
            .join(', '),
        })),
        paged: after !== undefined,
        first: address({}),
        next: next ? address({ name: next.sort_name, after: next.object_key }) : null,
      },
      people: peopleOf(active),
    };
  },
});
