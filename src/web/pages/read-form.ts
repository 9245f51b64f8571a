import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { ChangeOutcome } from '../../ledger/entity-command.js';
import { issuesByField } from '../../wording/issue-words.js';
import type { TenantRequest, WebActor } from '../ports/actors.js';
import { personOf, tenantAccessOf } from '../request-identity.js';
import { WebError } from '../web-error.js';

/** Checks a form. Errors: WebError `bad_request` with what is wrong, by field. */
export function readForm<Form>(schema: z.ZodType<Form>, body: unknown): Form {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const fields = issuesByField(parsed.error);
  const wrong = Object.keys(fields).length;
  const message = wrong === 1 ? 'One field needs a look.' : `${wrong} fields need a look.`;
  throw new WebError('bad_request', `${message} ${Object.values(fields).join(' ')}`, { fields });
}

/** The error for one wrong field. The form's page shows it beside the field. */
export const wrongField = (name: string, message: string): WebError =>
  new WebError('bad_request', message, { fields: { [name]: message } });

/** Who sent a form and in which tenant. */
export function askedBy(request: FastifyRequest): {
  actor: Extract<WebActor, { kind: 'member' }>;
  at: TenantRequest;
} {
  return {
    actor: { kind: 'member', personId: personOf(request) },
    at: { tenantId: tenantAccessOf(request).tenant.tenantId, correlationId: request.id },
  };
}

/** The position of a change. Errors: WebError `not_changed` with the reason and the page to return to. */
export function changedAt(outcome: ChangeOutcome, back: string): number {
  if (outcome.kind === 'changed') return outcome.position;
  throw notChanged(outcome.message, back);
}

/** The error for a change that was refused, with its reason and the page to return to. */
export const notChanged = (message: string, back: string): WebError =>
  new WebError('not_changed', message, { link: back, linkText: 'Back' });
