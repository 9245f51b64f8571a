import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { deniedReason } from '../../access/capabilities.js';
import { TENANT_ROLES } from '../../access/roles.js';
import { csrfTokenOf } from '../auth/csrf.js';
import type { DirectoryAnswer } from '../ports/group-search.js';
import { type TenantAccess, tenantAccessOf } from '../request-identity.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { defineForm, type FormSent } from './page-form.js';
import { renderStandAlone } from './stand-alone-page.js';

/** Why somebody can't search groups of the tenant's directory with their own account, or null when they can. */
export async function groupSearchDenied(
  { deps }: WebRuntime,
  { roles, tenant }: TenantAccess,
  personId: string,
): Promise<string | null> {
  const denied = deniedReason(roles, 'members.manage');
  if (denied !== null) return denied;
  if (!deps.config.oidc)
    return 'This installation has only the development sign-in, which has no account in Entra to search with.';
  return deps.ports.groupSearch.unavailable(personId, tenant.tenantId);
}

const groupName = z.string().trim().min(1, 'Type the beginning of a group’s name.').max(100);

/** Asks Graph for groups, because the owner has pressed the button (R4). */
const searchGroups = defineForm({
  path: '/members/groups',
  capability: 'members.manage',
  fields: z.object({ group: groupName }),
  async submit(sent, reply) {
    const { form, actor, at, runtime } = sent;
    const token = await tokenOf(sent);
    const answer =
      token === undefined
        ? NEEDS_CONSENT
        : await runtime.deps.ports.groupSearch.groups(actor, { ...at, token, beginning: form.group });
    return show(sent, reply, answer, { search: form.group });
  },
});

/** Asks Graph for the members of a group that was found. */
const listMembers = defineForm({
  path: '/members/groups/people',
  capability: 'members.manage',
  fields: z.object({ id: z.guid(), name: z.string().max(300).default(''), group: groupName }),
  async submit(sent, reply) {
    const { form, actor, at, runtime } = sent;
    const token = await tokenOf(sent);
    const answer =
      token === undefined
        ? NEEDS_CONSENT
        : await runtime.deps.ports.groupSearch.members(actor, { ...at, token, groupId: form.id });
    return show(sent, reply, answer, { search: form.group, shown: { id: form.id, name: form.name } });
  },
});

/** Forms with which owners look for people in groups of the tenant's directory. */
export const GROUP_SEARCH_FORMS = [searchGroups, listMembers] as const;

const NEEDS_CONSENT = { kind: 'needs_consent' } as const;

/** The token in the person's session; undefined without one. Errors: WebError `forbidden` with the reason. */
async function tokenOf({ actor, request, runtime }: FormSent<unknown>): Promise<string | undefined> {
  const denied = await groupSearchDenied(runtime, tenantAccessOf(request), actor.personId);
  if (denied !== null) throw new WebError('forbidden', denied);
  return runtime.sessions.graphToken(personSessionOf(request).session.sessionHash);
}

function personSessionOf({ identity }: FastifyRequest) {
  if (identity.kind !== 'person') throw new WebError('unauthenticated', 'Sign in to go on.');
  return identity;
}

/** Answers with the page and not with a redirect, because what Graph answered is stored nowhere. */
function show(
  { request, runtime, tenant }: FormSent<unknown>,
  reply: FastifyReply,
  answer: DirectoryAnswer<object>,
  asked: { readonly search: string; readonly shown?: { readonly id: string; readonly name: string } },
): undefined {
  const base = `/t/${tenant.slug}/members`;
  const html = renderStandAlone(runtime, {
    template: 'pages/group-search',
    title: 'Groups in Entra',
    csrf: csrfTokenOf(personSessionOf(request).cookieSecret),
    view: {
      ...{ wide: true, base, tenant, roles: TENANT_ROLES, shown: null, ...asked },
      consent: `${base}/consent?${new URLSearchParams({ name: asked.search })}`,
      needsConsent: answer.kind === 'needs_consent',
      failure: answer.kind === 'failed' ? answer.message : null,
      groups: null,
      people: null,
      ...(answer.kind === 'found' ? answer.found : {}),
    },
  });
  reply.type('text/html; charset=utf-8').send(html);
  return undefined;
}
