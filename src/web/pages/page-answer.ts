import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Capability } from '../../access/capabilities.js';
import { readHub } from '../hub/hub-read.js';
import { pageOpening } from '../hub/page-opening.js';
import { personOf, type TenantAccess, tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import type { TimeFrame } from '../view/format.js';
import type { WebRuntime } from '../web-runtime.js';

/** A request for a part of a page: a download, or data for its script. */
export interface Asked {
  readonly access: TenantAccess;
  readonly personId: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly params: Readonly<Record<string, string>>;
  readonly request: FastifyRequest;
  readonly runtime: WebRuntime;
  /** The present moment and the person's zone. */
  readonly time: TimeFrame;
}

export interface PageAnswer {
  /** Path below `/t/:tenant`. */
  readonly path: string;
  readonly capability: Capability;
  /** The id in its address. The guard finds the tenant by it. */
  readonly id?: { readonly param: string; readonly kind: string };
  /** Sends the answer with `reply`. Errors: WebError. */
  answer(asked: Asked, reply: FastifyReply): Promise<FastifyReply>;
}

/** Registers the address of an answer. */
export function registerAnswer(app: FastifyInstance, runtime: WebRuntime, page: PageAnswer): void {
  const config = { access: tenantRoute(page.capability, page.id) };
  // An answer may write, such as the audit entry of a download, so there is none for HEAD.
  app.get(`/t/:tenant${page.path}`, { config, exposeHeadRoute: false }, async (request, reply) => {
    const { deps } = runtime;
    const access = tenantAccessOf(request);
    const personId = personOf(request);
    const { zone } = await readHub(deps, access.tenant.tenantId, (db) =>
      pageOpening(db, personId, deps.config.timeZone),
    );
    const query = request.query as Readonly<Record<string, unknown>>;
    const time = { now: deps.clock.now(), zone };
    const params = request.params as Readonly<Record<string, string>>;
    return page.answer({ access, personId, query, params, request, runtime, time }, reply);
  });
}
