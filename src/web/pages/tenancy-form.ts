import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { ChangeOutcome, TenantRequest, WebActor } from '../ports.js';
import { personOf, tenantAccessOf } from '../request-identity.js';
import { issueInWords } from '../view/issue-words.js';
import { WebError } from '../web-error.js';

/** Checks a form. Errors: WebError `bad_request` that names the field. */
export function readForm<Form>(schema: z.ZodType<Form>, request: FastifyRequest): Form {
  const parsed = schema.safeParse(request.body);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `“${issue.path.join('.')}”: ${issueInWords(issue)}`);
  throw new WebError('bad_request', wrong.join(' '));
}

/** Who sent a form, in which tenant. */
export function askedBy(request: FastifyRequest): {
  actor: Extract<WebActor, { kind: 'member' }>;
  at: TenantRequest;
} {
  return {
    actor: { kind: 'member', personId: personOf(request) },
    at: { tenantId: tenantAccessOf(request).tenant.tenantId, correlationId: request.id },
  };
}

/** The position of a change. Errors: WebError `not_changed` with the reason and the way back. */
export function changedAt(outcome: ChangeOutcome, back: string): number {
  if (outcome.kind === 'changed') return outcome.position;
  throw notChanged(outcome.message, back);
}

export const notChanged = (message: string, back: string): WebError =>
  new WebError('not_changed', message, { link: back, linkText: 'Back' });
