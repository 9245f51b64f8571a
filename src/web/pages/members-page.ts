import { z } from 'zod';
import { deniedReason } from '../../access/capabilities.js';

import { PLATFORM_ROLES, TENANT_ROLES } from '../../access/roles.js';
import { MEMBER_FORMS } from './members-forms.js';
import { definePage } from './page.js';

const LAST_OWNER = 'This is the last owner; make somebody else an owner first.';

/** Record → Members: who has which role and who was granted access from outside; owners change it here. */
export const membersPage = definePage<object>({
  path: '/members',
  rail: { heading: 'Record', label: 'Members', icon: 'people' },
  capability: 'features.read',
  template: 'pages/members',
  query: z.object({}),
  forms: MEMBER_FORMS,
  async load({ db, access, runtime }) {
    const members = await db.selectFrom('members').selectAll().execute();
    const grants = await db.selectFrom('grants').selectAll().orderBy('role').orderBy('since').execute();
    const rank = (role: string) => (TENANT_ROLES as readonly string[]).indexOf(role);
    const owners = members.filter(({ role }) => role === 'owner').length;
    return {
      title: 'Members',
      view: {
        base: `/t/${access.tenant.slug}/members`,
        issuer: runtime.deps.config.oidc?.issuer ?? '',
        denied: deniedReason(access.roles, 'members.manage'),
        tenantRoles: TENANT_ROLES,
        platformRoles: PLATFORM_ROLES,
        members: members
          .sort((one, other) => rank(one.role) - rank(other.role) || one.since - other.since)
          .map((member) => ({
            ...member,
            // The log decides again when the form is sent.
            kept: member.role === 'owner' && owners === 1 ? LAST_OWNER : null,
          })),
        grants,
      },
      people: [...members, ...grants].map(({ person_id }) => person_id),
    };
  },
});
