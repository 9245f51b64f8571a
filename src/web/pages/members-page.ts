import { z } from 'zod';
import { deniedReason } from '../../access/capabilities.js';
import { PLATFORM_ROLES, TENANT_ROLES } from '../../access/roles.js';
import { countOwners, listGrants, listMembers, memberPlace } from '../hub/member-list.js';
import { MEMBER_FORMS } from './members-forms.js';
import { definePage } from './page.js';

const querySchema = z.object({ after: memberPlace.optional() });
const LAST_OWNER = 'This is the last owner; make somebody else an owner first.';

/** Record → Members: who has which role and who has access from outside; owners change it here. */
export const membersPage = definePage<z.infer<typeof querySchema>>({
  path: '/members',
  rail: { heading: 'Record', label: 'Members', icon: 'people' },
  capability: 'features.read',
  template: 'pages/members',
  query: querySchema,
  forms: MEMBER_FORMS,
  async load({ db, access, query, runtime }) {
    const page = await listMembers(db, query.after);
    const members = page.rows;
    // All grants are on the first page, because there are only a few auditors and support staff.
    const grants = query.after === undefined ? await listGrants(db) : [];
    const isLastOwner = (await countOwners(db)) === 1;
    return {
      title: 'Members',
      view: {
        base: `/t/${access.tenant.slug}/members`,
        issuer: runtime.deps.config.oidc?.issuer ?? '',
        denied: deniedReason(access.roles, 'members.manage'),
        tenantRoles: TENANT_ROLES,
        platformRoles: PLATFORM_ROLES,
        members: members.map((member) => ({
          ...member,
          // The log decides this again when the form is sent.
          kept: member.role === 'owner' && isLastOwner ? LAST_OWNER : null,
        })),
        grants,
        paged: query.after !== undefined,
        next: page.next === null ? null : `members?after=${encodeURIComponent(page.next)}`,
      },
      people: [...members, ...grants].map(({ person_id }) => person_id),
    };
  },
});
