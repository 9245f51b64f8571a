import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { PLATFORM_ROLES, type PlatformRole, TENANT_ROLES, type TenantRole } from '../../tenancy/roles.js';
import type { ChangeOutcome, MembersPort } from '../ports.js';
import { tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { askedBy, changedAt, formFields, readForm } from './tenancy-form.js';

const line = z.string().trim().max(300);
const tenantRole = z.enum(TENANT_ROLES);
const addSchema = z.object({
  ...formFields,
  person: z.union([z.guid('is not a person code'), z.literal('')]).default(''),
  issuer: z.union([z.url({ protocol: /^https?$/ }).max(300), z.literal('')]).default(''),
  subject: line.default(''),
  name: line.max(200).default(''),
  role: z.enum([...TENANT_ROLES, ...PLATFORM_ROLES]),
});
const roleSchema = z.object({ ...formFields, person: z.guid(), role: tenantRole, shownRole: tenantRole });
const removeSchema = z.object({ ...formFields, person: z.guid() });
const revokeSchema = z.object({ ...formFields, person: z.guid(), role: z.enum(PLATFORM_ROLES) });

/** What owners change about who may do what: plain forms, each of them an event of the tenant. */
export function registerMembersRoutes(app: FastifyInstance, runtime: WebRuntime): void {
  const { access, members } = runtime.deps.ports;
  const managing = { config: { access: tenantRoute('members.manage') } };

  /** Waits for the page to show the change and goes there, or away for somebody who took their own role. */
  async function done(request: FastifyRequest, reply: FastifyReply, outcome: ChangeOutcome) {
    const { tenant } = tenantAccessOf(request);
    const page = `/t/${tenant.slug}/members`;
    const position = changedAt(outcome, page);
    await runtime.caughtUp(tenant.tenantId, position);
    const { actor } = askedBy(request);
    const stays = actor.kind === 'member' && access.rolesOf(actor.personId, tenant.tenantId).length > 0;
    return reply.redirect(stays ? page : '/tenants', 303);
  }

  app.post('/t/:tenant/members/add', managing, async (request, reply) => {
    const form = readForm(addSchema, request);
    const { actor, at } = askedBy(request);
    const personId = await members.personOf(whoIn(form));
    if (personId === undefined) {
      throw new WebError(
        'bad_request',
        'Nobody has this person code. It stands on the page of whoever signs in.',
      );
    }
    const asked = { ...at, personId };
    const outcome = isPlatformRole(form.role)
      ? await members.setAccess(actor, { ...asked, role: form.role, granted: true })
      : await members.setRole(actor, { ...asked, role: form.role, shownRole: null });
    return done(request, reply, outcome);
  });

  app.post('/t/:tenant/members/role', managing, async (request, reply) => {
    const { person: personId, role, shownRole } = readForm(roleSchema, request);
    const { actor, at } = askedBy(request);
    return done(request, reply, await members.setRole(actor, { ...at, personId, role, shownRole }));
  });

  app.post('/t/:tenant/members/remove', managing, async (request, reply) => {
    const { person: personId } = readForm(removeSchema, request);
    const { actor, at } = askedBy(request);
    return done(request, reply, await members.remove(actor, { ...at, personId }));
  });

  app.post('/t/:tenant/members/revoke', managing, async (request, reply) => {
    const { person: personId, role } = readForm(revokeSchema, request);
    const { actor, at } = askedBy(request);
    return done(request, reply, await members.setAccess(actor, { ...at, personId, role, granted: false }));
  });
}

function whoIn(form: z.output<typeof addSchema>): Parameters<MembersPort['personOf']>[0] {
  const { issuer, name, person, subject } = form;
  if (person !== '') return { personId: person };
  if (issuer !== '' && subject !== '' && name !== '') return { issuer, subject, displayName: name };
  throw new WebError('bad_request', 'Say who it is: by a person code, or by issuer, subject and name.');
}

const isPlatformRole = (role: TenantRole | PlatformRole): role is PlatformRole =>
  (PLATFORM_ROLES as readonly string[]).includes(role);
