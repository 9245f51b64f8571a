import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Capability } from '../../access/capabilities.js';
import type { EntityCommand } from '../../ledger/entity-command.js';
import type { TenantSummary } from '../ports/access.js';
import type { TenantRequest, WebActor } from '../ports/actors.js';
import type { StartOutcome } from '../ports/starts.js';
import { tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import { WebError, type WebErrorCode } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { askedBy, changedAt, readForm } from './read-form.js';

/** A form that was sent and passed its checks. */
export interface FormSent<Form> {
  readonly form: Form;
  readonly tenant: TenantSummary;
  readonly actor: Extract<WebActor, { kind: 'member' }>;
  /** The tenant and the correlation id, which every change needs. */
  readonly at: TenantRequest;
  readonly params: Readonly<Record<string, string>>;
  readonly request: FastifyRequest;
  readonly runtime: WebRuntime;
}

/** An HTML form of a page. */
export interface PageForm<Form> {
  /** Path below `/t/:tenant`. */
  readonly path: string;
  readonly capability: Capability;
  /** The id in its address. The guard finds the tenant by it. */
  readonly id?: { readonly param: string; readonly kind: string };
  readonly fields: z.ZodType<Form>;
  /**
   * Carries out the form. Resolves with the next address below the tenant's, or with undefined when it has answered
   * with `reply` itself. Errors: WebError.
   */
  submit(sent: FormSent<Form>, reply: FastifyReply): Promise<string | undefined>;
}

/** Declares a form. Its fields are inferred. */
export const defineForm = <Form>(form: PageForm<Form>): PageForm<Form> => form;

/** Returns the form's page with the form as it was sent, or undefined when the page can't be shown. */
export type ShowRefused = (
  request: FastifyRequest,
  form: PageForm<unknown>,
  error: WebError,
) => Promise<string | undefined>;

/** After these errors the form's page is shown again, with what was typed and the error. */
const SHOWN_AGAIN: readonly WebErrorCode[] = ['bad_request', 'not_changed', 'refused'];

/** Registers the address of a form. */
export function registerForm(
  app: FastifyInstance,
  runtime: WebRuntime,
  form: PageForm<unknown>,
  showRefused: ShowRefused,
): void {
  const config = { access: tenantRoute(form.capability, form.id) };
  app.post(`/t/:tenant${form.path}`, { config }, async (request, reply) => {
    const { tenant } = tenantAccessOf(request);
    const params = request.params as Readonly<Record<string, string>>;
    const { id } = form;
    // The guard has refused ids of other tenants already. An id that belongs to no tenant can't be changed.
    if (id && (await runtime.deps.ports.access.tenantOf(id.kind, params[id.param] ?? '')) === undefined)
      throw new WebError('not_found', 'Nothing has this address.');
    try {
      const fields = readForm(form.fields, request.body);
      const sent = { form: fields, tenant, ...askedBy(request), params, request, runtime };
      const next = await form.submit(sent, reply);
      return next === undefined ? reply : reply.redirect(`/t/${tenant.slug}${next}`, 303);
    } catch (error) {
      if (!(error instanceof WebError) || !SHOWN_AGAIN.includes(error.code)) throw error;
      const html = await showRefused(request, form, error);
      if (html === undefined) throw error;
      return reply.status(error.statusCode).type('text/html; charset=utf-8').send(html);
    }
  });
}

/**
 * Carries out a command of an entity and waits a moment until pages show it. `back` is the page to return to after a
 * refusal, below the tenant's address. Errors: WebError `not_changed` with the reason.
 */
export async function change<Given>(
  { actor, at, runtime, tenant }: FormSent<unknown>,
  command: EntityCommand<Given>,
  given: Given,
  back: string,
): Promise<void> {
  const outcome = await runtime.deps.ports.change(actor, command, { ...at, given });
  await runtime.caughtUp(at.tenantId, changedAt(outcome, `/t/${tenant.slug}${back}`));
}

/** Starts a run and goes to its page, or to the page of a run of the same operation that is active already. */
export async function startRunOfForm(
  { tenant, actor, at, runtime }: FormSent<unknown>,
  type: string,
  input: object,
): Promise<string> {
  return startedRun(await runtime.deps.ports.starts.start(actor, { ...at, type, input }), tenant, runtime);
}

/** The address of the started run's page. Errors: WebError with the reason of a refusal. */
export async function startedRun(
  outcome: StartOutcome,
  tenant: TenantSummary,
  runtime: WebRuntime,
): Promise<string> {
  if (outcome.kind === 'refused') {
    const { code, message, runId } = outcome.refusal;
    const link = runId && `/t/${tenant.slug}/runs/${runId}`;
    throw new WebError(code === 'not_permitted' ? 'forbidden' : 'refused', message, {
      refusalCode: code,
      ...(link ? { link } : {}),
    });
  }
  await runtime.caughtUp(tenant.tenantId, outcome.position);
  return `/runs/${outcome.runId}`;
}
