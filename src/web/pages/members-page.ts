import { z } from 'zod';
import { deniedReason } from '../../access/capabilities.js';
import { PLATFORM_ROLES, TENANT_ROLES } from '../../access/roles.js';
import { countOwners, listGrants, listMembers, memberPlace } from '../hub/member-list.js';
import { whoIs } from '../view/who.js';
import { GROUP_SEARCH_FORMS, groupSearchDenied } from './group-search.js';
import { MEMBER_FORMS } from './members-forms.js';
import { definePage } from './page.js';

const querySchema = z.object({
  after: memberPlace.optional(),
});
const LAST_OWNER = 'This is the last owner; make somebody else an owner first.';

/** Record → Members: who has which role and who has access from outside; owners change it here. */
export const membersPage = definePage<z.output<typeof querySchema>>({
  path: '/members',
  rail: { heading: 'Record', label: 'Members', icon: 'people' },
  capability: 'features.read',
  template: 'pages/members',
  query: querySchema,
  forms: [...MEMBER_FORMS, ...GROUP_SEARCH_FORMS],
  async load({ db, access, personId, query, runtime }) {
    const page = await listMembers(db, query.after);
    const members = page.rows;
    // All grants are on the first page, because there are only a few auditors and support staff.
    const grants = query.after === undefined ? await listGrants(db) : [];
    const isLastOwner = (await countOwners(db)) === 1;
    const names = await runtime.names([...members, ...grants].map(({ person_id }) => person_id));
    const nameOf = ({ person_id }: { readonly person_id: string }) => whoIs('member', person_id, names);
    return {
      title: 'Members',
      view: {
        base: `/t/${access.tenant.slug}/members`,
        issuer: runtime.deps.config.oidc?.issuer ?? '',
        denied: deniedReason(access.roles, 'members.manage'),
        searchDenied: await groupSearchDenied(runtime, access, personId),
        tenantRoles: TENANT_ROLES,
        platformRoles: PLATFORM_ROLES,
        members: members.map((member) => ({
          ...member,
          name: nameOf(member),
          isReader: member.person_id === personId,
          roles: TENANT_ROLES.map((role) => ({ role, selected: role === member.role })),
          // The rule is checked again in the log when the form is sent.
          kept: member.role === 'owner' && isLastOwner ? LAST_OWNER : null,
          keptId: `kept-${member.person_id}`,
        })),
        grants: grants.map((grant) => ({ ...grant, name: nameOf(grant) })),
        paged: query.after !== undefined,
        next: page.next === null ? null : `members?after=${encodeURIComponent(page.next)}`,
      },
      people: [],
    };
  },
});
