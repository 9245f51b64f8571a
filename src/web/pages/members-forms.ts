import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { PLATFORM_ROLES, type PlatformRole, TENANT_ROLES, type TenantRole } from '../../access/roles.js';
import type { ChangeOutcome } from '../../ledger/entity-command.js';
import type { MembersPort } from '../ports/members.js';
import { defineForm, type FormSent } from './page-form.js';
import { changedAt, wrongField } from './read-form.js';

const issuer = z.url({ protocol: /^https?$/, error: 'It takes an address that begins with https://' });
const line = z.string().trim().max(300);
const tenantRole = z.enum(TENANT_ROLES);
const addSchema = z.object({
  person: z.union([z.guid('is not a person code'), z.literal('')]).default(''),
  issuer: z.union([issuer.max(300), z.literal('')]).default(''),
  subject: line.default(''),
  name: line.max(200).default(''),
  role: z.enum([...TENANT_ROLES, ...PLATFORM_ROLES]),
});

/** Waits until the page shows the change and goes there; a person who has no role left goes to `/tenants`. */
async function showChange(
  { tenant, actor, runtime }: FormSent<unknown>,
  reply: FastifyReply,
  outcome: ChangeOutcome,
): Promise<string | undefined> {
  const position = changedAt(outcome, `/t/${tenant.slug}/members`);
  await runtime.caughtUp(tenant.tenantId, position);
  if (runtime.deps.ports.access.rolesOf(actor.personId, tenant.tenantId).length > 0) return '/members';
  reply.redirect('/tenants', 303);
  return undefined;
}

const addMember = defineForm({
  path: '/members/add',
  capability: 'members.manage',
  fields: addSchema,
  async submit(sent, reply) {
    const { form, actor, runtime } = sent;
    const { members } = runtime.deps.ports;
    const personId = await members.personOf(whoIn(form));
    if (personId === undefined) {
      throw wrongField(
        'person',
        'No person has this code. People find theirs on their own page after signing in.',
      );
    }
    const asked = { ...sent.at, personId };
    const outcome = isPlatformRole(form.role)
      ? await members.setAccess(actor, { ...asked, role: form.role, granted: true })
      : await members.setRole(actor, { ...asked, role: form.role, shownRole: null });
    return showChange(sent, reply, outcome);
  },
});

const setRole = defineForm({
  path: '/members/role',
  capability: 'members.manage',
  fields: z.object({ person: z.guid(), role: tenantRole, shownRole: tenantRole }),
  async submit(sent, reply) {
    const { person: personId, role, shownRole } = sent.form;
    const { members } = sent.runtime.deps.ports;
    return showChange(
      sent,
      reply,
      await members.setRole(sent.actor, { ...sent.at, personId, role, shownRole }),
    );
  },
});

const removeMember = defineForm({
  path: '/members/remove',
  capability: 'members.manage',
  fields: z.object({ person: z.guid() }),
  async submit(sent, reply) {
    const { members } = sent.runtime.deps.ports;
    const asked = { ...sent.at, personId: sent.form.person };
    return showChange(sent, reply, await members.remove(sent.actor, asked));
  },
});

const revokeAccess = defineForm({
  path: '/members/revoke',
  capability: 'members.manage',
  fields: z.object({ person: z.guid(), role: z.enum(PLATFORM_ROLES) }),
  async submit(sent, reply) {
    const { person: personId, role } = sent.form;
    const { members } = sent.runtime.deps.ports;
    const asked = { ...sent.at, personId, role, granted: false };
    return showChange(sent, reply, await members.setAccess(sent.actor, asked));
  },
});

/** Forms with which owners change members and access. Each one records an event of the tenant. */
export const MEMBER_FORMS = [addMember, setRole, removeMember, revokeAccess] as const;

function whoIn(form: z.output<typeof addSchema>): Parameters<MembersPort['personOf']>[0] {
  const { issuer, name, person, subject } = form;
  if (person !== '') return { personId: person };
  if (issuer !== '' && subject !== '' && name !== '') return { issuer, subject, displayName: name };
  throw wrongField('person', 'Say who it is: by a person code, or by issuer, subject and name.');
}

const isPlatformRole = (role: TenantRole | PlatformRole): role is PlatformRole =>
  (PLATFORM_ROLES as readonly string[]).includes(role);
