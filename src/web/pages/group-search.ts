import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { deniedReason } from '../../access/capabilities.js';
import { TENANT_ROLES } from '../../access/roles.js';
import { csrfTokenOf } from '../auth/csrf.js';
import type { DirectoryAnswer } from '../ports/group-search.js';
import { personIdentityOf, type TenantAccess, tenantAccessOf } from '../request-identity.js';
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
  submit(sent, reply) {
    const { form, actor, at, runtime } = sent;
    return answerWith(sent, reply, { search: form.group }, (token) =>
      runtime.deps.ports.groupSearch.groups(actor, { ...at, token, beginning: form.group }),
    );
  },
});

/** Asks Graph for the members of a group that was found. */
const listMembers = defineForm({
  path: '/members/groups/people',
  capability: 'members.manage',
  fields: z.object({ id: z.guid(), name: z.string().max(300).default(''), group: groupName }),
  submit(sent, reply) {
    const { form, actor, at, runtime } = sent;
    const asked = { search: form.group, shown: { id: form.id, name: form.name } };
    return answerWith(sent, reply, asked, (token) =>
      runtime.deps.ports.groupSearch.members(actor, { ...at, token, groupId: form.id }),
    );
  },
});

/** Forms with which owners look for people in groups of the tenant's directory. */
export const GROUP_SEARCH_FORMS = [searchGroups, listMembers] as const;

interface Asked {
  readonly search: string;
  readonly shown?: { readonly id: string; readonly name: string };
}

/**
 * Answers with what Graph says to a question that is asked with the token in the person's session, or that the person
 * must consent first. Errors: WebError `forbidden` with the reason.
 */
async function answerWith(
  sent: FormSent<unknown>,
  reply: FastifyReply,
  asked: Asked,
  ask: (token: string) => Promise<DirectoryAnswer<object>>,
): Promise<undefined> {
  const { request, runtime, actor } = sent;
  const denied = await groupSearchDenied(runtime, tenantAccessOf(request), actor.personId);
  if (denied !== null) throw new WebError('forbidden', denied);
  const token = await runtime.sessions.graphToken(personIdentityOf(request).session.sessionHash);
  return show(sent, reply, token === undefined ? { kind: 'needs_consent' } : await ask(token), asked);
}

/** Answers with the page and not with a redirect, because what Graph answered is stored nowhere. */
function show(
  { request, runtime, tenant }: FormSent<unknown>,
  reply: FastifyReply,
  answer: DirectoryAnswer<object>,
  asked: Asked,
): undefined {
  const base = `/t/${tenant.slug}/members`;
  const html = renderStandAlone(runtime, {
    template: 'pages/group-search',
    title: 'Groups in Entra',
    csrf: csrfTokenOf(personIdentityOf(request).cookieSecret),
    view: {
      wide: true,
      base,
      tenant,
      roles: TENANT_ROLES,
      shown: null,
      ...asked,
      consent: `${base}/consent?${new URLSearchParams({ name: asked.search })}`,
      needsConsent: answer.kind === 'needs_consent',
      failure: answer.kind === 'failed' ? answer.message : null,
      groups: null,
      people: null,
      ...(answer.kind === 'found' ? answer.found : {}),
      heading: asked.shown ? `Members of “${asked.shown.name || asked.shown.id}”` : 'Groups in Entra',
    },
  });
  reply.type('text/html; charset=utf-8').send(html);
  return undefined;
}
