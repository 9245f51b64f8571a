import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Capability } from '../../access/capabilities.js';
import { findingsOfRun } from '../hub/finding-list.js';
import { type HubRead, readHub } from '../hub/hub-read.js';
import { findRun, listEvents, listItems } from '../hub/run-detail.js';
import { runFiltersSchema } from '../hub/run-filters.js';
import { listRuns, type RunRow } from '../hub/run-list.js';
import { LIMITS } from '../limits.js';
import { parseQuery } from '../pages/tenant-page.js';
import { tenantAccessOf } from '../request-identity.js';
import { SIGNED_IN, tenantRoute } from '../route-access.js';
import { assertReadable } from '../run-visibility.js';
import type { WebDependencies } from '../web-dependencies.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { eventJson, findingJson, itemJson, runJson } from './api-json.js';

const API = '/api/v1';
const limit = z.coerce.number().int().min(1).max(LIMITS.apiPageMax).default(LIMITS.runsPerPage);
const cursor = z.coerce.number().int().optional();
const runsQuery = runFiltersSchema.extend({ before: cursor, limit });
const pageQuery = z.object({ after: cursor, limit });
const itemsQuery = pageQuery.extend({ outcome: z.enum(['succeeded', 'failed', 'skipped']).optional() });
const findingsQuery = z.object({ after: z.string().max(64).optional(), limit });
const startSchema = z.strictObject({ type: z.string().max(80), input: z.unknown().optional() });
type WithRun = { Params: { run: string } };

/** The API for programs and the CLI: JSON, bearer tokens, the same rules and filters as the pages. */
export function registerApi(app: FastifyInstance, runtime: WebRuntime): void {
  registerTenantReads(app, runtime);
  registerStart(app, runtime);
  registerRunReads(app, runtime);
}

function registerTenantReads(app: FastifyInstance, { deps }: WebRuntime): void {
  const { access } = deps.ports;
  app.get(`${API}/tenants`, { config: { access: SIGNED_IN } }, async (request) => {
    const { identity } = request;
    if (identity.kind !== 'client') throw new WebError('unauthenticated', 'Send a bearer token.');
    const { tenantId } = identity.client;
    const tenants =
      tenantId === null
        ? access.allTenants()
        : [access.tenant(tenantId)].filter((found) => found !== undefined);
    return { tenants: tenants.map(({ tenantId: id, slug, name }) => ({ id, slug, name })) };
  });

  app.get(`${API}/tenants/:tenant/runs`, { config: { access: tenantRoute('hub.read') } }, async (request) => {
    const { before, limit: size, ...filters } = parseQuery(runsQuery, request.query);
    const { rows, hasOlder } = await inTenant(deps, request, (db) =>
      listRuns(db, { filters, before, limit: size, now: deps.clock.now() }),
    );
    return { runs: rows.map(runJson), next: hasOlder ? (rows.at(-1)?.queued_position ?? null) : null };
  });
}

function registerStart(app: FastifyInstance, { deps }: WebRuntime): void {
  app.post(
    `${API}/tenants/:tenant/runs`,
    { config: { access: tenantRoute('runs.start') } },
    async (request, reply) => {
      const body = startSchema.safeParse(request.body);
      if (!body.success) throw new WebError('bad_request', z.prettifyError(body.error));
      const { tenant } = tenantAccessOf(request);
      const { identity } = request;
      if (identity.kind !== 'client') throw new WebError('unauthenticated', 'Send a bearer token.');
      const outcome = await deps.ports.starts.start(
        { kind: 'api', clientId: identity.client.clientId },
        {
          tenantId: tenant.tenantId,
          type: body.data.type,
          input: body.data.input ?? {},
          correlationId: request.id,
        },
      );
      if (outcome.kind === 'refused') {
        const { code, message, runId } = outcome.refusal;
        throw new WebError('refused', message, {
          refusalCode: code,
          ...(runId ? { link: `${API}/runs/${runId}` } : {}),
        });
      }
      const { kind, runId, position } = outcome;
      return reply
        .status(kind === 'started' ? 202 : 200)
        .header('location', `${API}/runs/${runId}`)
        .send({ runId, position, reused: kind === 'reused' });
    },
  );
}

function registerRunReads(app: FastifyInstance, { deps }: WebRuntime): void {
  const runRoute = (capability: Capability) => ({
    config: { access: tenantRoute(capability, { param: 'run', kind: 'run' as const }) },
  });
  app.get<WithRun>(`${API}/runs/:run`, runRoute('run.read'), async (request) =>
    inTenant(deps, request, async (db) => {
      const run = await readableRun(db, request);
      return runJson(run);
    }),
  );

  app.get<WithRun>(`${API}/runs/:run/history`, runRoute('history.read'), async (request) => {
    const { after, limit: size } = parseQuery(pageQuery, request.query);
    const { rows, hasMore } = await inTenant(deps, request, (db) =>
      listEvents(db, request.params.run, { order: 'oldest', past: after, limit: size }),
    );
    return { events: rows.map(eventJson), next: hasMore ? (rows.at(-1)?.revision ?? null) : null };
  });

  app.get<WithRun>(`${API}/runs/:run/items`, runRoute('run.read'), async (request) => {
    const { after, outcome, limit: size } = parseQuery(itemsQuery, request.query);
    const { rows, hasMore } = await inTenant(deps, request, async (db) => {
      const run = await readableRun(db, request);
      return listItems(db, run.run_id, { after, outcome, limit: size });
    });
    return { items: rows.map(itemJson), next: hasMore ? (rows.at(-1)?.ordinal ?? null) : null };
  });

  app.get<WithRun>(`${API}/runs/:run/findings`, runRoute('features.read'), async (request) => {
    const { after, limit: size } = parseQuery(findingsQuery, request.query);
    const { rows, next } = await inTenant(deps, request, (db) =>
      findingsOfRun(db, request.params.run, { after, limit: size }),
    );
    return { findings: rows.map(findingJson), next };
  });
}

const inTenant = <Result>(
  deps: WebDependencies,
  request: FastifyRequest,
  read: (db: HubRead) => Promise<Result>,
): Promise<Result> => readHub(deps, tenantAccessOf(request).tenant.tenantId, read);

/** The run of an address, unless it isn't projected yet or isn't for this reader. */
async function readableRun(db: HubRead, request: FastifyRequest<WithRun>): Promise<RunRow> {
  const run = await findRun(db, request.params.run);
  if (!run) throw new WebError('not_found', 'There is no such run.');
  assertReadable(tenantAccessOf(request), run);
  return run;
}
