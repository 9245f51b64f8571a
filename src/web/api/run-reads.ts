import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Capability } from '../../access/capabilities.js';
import { findingsOfRun } from '../hub/finding-list.js';
import { checkpointPosition, type HubRead, readHub } from '../hub/hub-read.js';
import { choose } from '../hub/run-conditions.js';
import { findRun } from '../hub/run-detail.js';
import { runFiltersSchema } from '../hub/run-filters.js';
import { listEvents, WHOLE_HISTORY } from '../hub/run-history.js';
import { listItems } from '../hub/run-items.js';
import { listRuns } from '../hub/run-list.js';
import { RUN_PLACE, type RunRow } from '../hub/run-order.js';
import { LIMITS } from '../limits.js';
import { tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import { assertReadable } from '../run-visibility.js';
import type { WebDependencies } from '../web-dependencies.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { eventJson, findingJson, itemJson, runJson } from './api-json.js';
import { type ApiRequest, type ApiRoute, apiRoute } from './api-route.js';
import {
  eventsAnswer,
  findingsAnswer,
  itemsAnswer,
  recordedAnswer,
  runAnswer,
  runsAnswer,
} from './schemas.js';

/** The zone of times in a query that name no zone. */
const API_ZONE = 'utc';
const limit = z.coerce.number().int().min(1).max(LIMITS.apiPageMax).default(LIMITS.runsPerPage);
const cursor = z.coerce.number().int().optional();
const place = z.string().regex(RUN_PLACE, 'Send what the page before answered as `next`').optional();
const runsQuery = runFiltersSchema.extend({ before: place, limit });
const pageQuery = z.object({ after: cursor, limit });
const itemsQuery = pageQuery.extend({ outcome: z.enum(['succeeded', 'failed', 'skipped']).optional() });
const findingsQuery = z.object({ after: z.string().max(64).optional(), limit });

/** Seconds after which a client should ask again for a run that was just recorded. */
const SHOWN_AFTER_S = 1;
const recorded = {
  202: {
    description: 'The run was recorded, and the read models haven’t reached it yet',
    schema: recordedAnswer,
  },
} as const;

const toRun = (capability: Capability) => tenantRoute(capability, { param: 'run', kind: 'run' });

/** Runs from the read models. A started run can be read once the read models reach its position. */
export function runReads({ deps }: WebRuntime): readonly ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/tenants/:tenant/runs',
      operationId: 'listRuns',
      summary: 'Runs of a tenant, newest first',
      tag: 'runs',
      access: tenantRoute('hub.read'),
      query: runsQuery,
      answers: { 200: { description: 'A page of runs', schema: runsAnswer } },
      async handle({ request, query: { before, limit: size, ...filters } }) {
        const time = { now: deps.clock.now(), zone: API_ZONE };
        const { rows, older: next } = await inTenant(deps, request, async (db) =>
          listRuns(db, await choose(db, filters, time), { before, limit: size }),
        );
        return { runs: rows.map(runJson), next: next !== null && /^\d+$/.test(next) ? Number(next) : next };
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/runs/:run',
      operationId: 'getRun',
      summary: 'A run',
      tag: 'runs',
      access: toRun('run.read'),
      answers: { 200: { description: 'The run as the read models have it', schema: runAnswer }, ...recorded },
      handle: (asked) => ofRun(deps, asked, async (_db, run) => runJson(run)),
    }),
    apiRoute({
      method: 'GET',
      path: '/runs/:run/history',
      operationId: 'getHistory',
      summary: 'The events of a run, oldest first',
      tag: 'runs',
      access: toRun('history.read'),
      query: pageQuery,
      answers: { 200: { description: 'A page of events', schema: eventsAnswer }, ...recorded },
      handle: (asked) =>
        ofRun(deps, asked, async (db, run) => {
          const { after, limit: size } = asked.query;
          const { rows, hasMore } = await listEvents(db, run.run_id, {
            order: 'oldest',
            filter: WHOLE_HISTORY,
            past: after,
            limit: size,
          });
          return { events: rows.map(eventJson), next: hasMore ? (rows.at(-1)?.revision ?? null) : null };
        }),
    }),
    apiRoute({
      method: 'GET',
      path: '/runs/:run/items',
      operationId: 'listItems',
      summary: 'The items of a run in the order they were recorded',
      tag: 'runs',
      access: toRun('run.read'),
      query: itemsQuery,
      answers: { 200: { description: 'A page of items', schema: itemsAnswer }, ...recorded },
      handle: (asked) =>
        ofRun(deps, asked, async (db, run) => {
          const { after, outcome, limit: size } = asked.query;
          const { rows, hasMore } = await listItems(
            db,
            run.run_id,
            { outcome },
            { past: after, limit: size },
          );
          return { items: rows.map(itemJson), next: hasMore ? (rows.at(-1)?.ordinal ?? null) : null };
        }),
    }),
    apiRoute({
      method: 'GET',
      path: '/runs/:run/findings',
      operationId: 'listFindings',
      summary: 'The findings that a drift run detected',
      tag: 'runs',
      access: toRun('features.read'),
      query: findingsQuery,
      answers: { 200: { description: 'A page of findings', schema: findingsAnswer }, ...recorded },
      handle: (asked) =>
        ofRun(deps, asked, async (db, run) => {
          const { rows, next } = await findingsOfRun(db, run.run_id, asked.query);
          return { findings: rows.map(findingJson), next };
        }),
    }),
  ];
}

const inTenant = <Result>(
  deps: WebDependencies,
  request: FastifyRequest,
  read: (db: HubRead) => Promise<Result>,
): Promise<Result> => readHub(deps, tenantAccessOf(request).tenant.tenantId, read);

/**
 * Reads data of the run in the address. A run that the read models haven't reached yet answers 202, as its page
 * does. Errors: WebError `not_found`, `forbidden`.
 */
async function ofRun(
  deps: WebDependencies,
  { request, reply, param }: Pick<ApiRequest<unknown, unknown>, 'request' | 'reply' | 'param'>,
  read: (db: HubRead, run: RunRow) => Promise<unknown>,
): Promise<unknown> {
  const runId = param('run');
  const access = tenantAccessOf(request);
  const found = await inTenant(deps, request, async (db) => {
    const run = await findRun(db, runId);
    if (!run) return { reached: await checkpointPosition(db) };
    assertReadable(access, run);
    return { answer: await read(db, run) };
  });
  if ('answer' in found) return found.answer;
  const position = await deps.ports.recordedAt(access.tenant.tenantId, 'run', runId);
  if (position === undefined || position <= found.reached)
    throw new WebError('not_found', 'There is no such run.');
  const answer: z.output<typeof recordedAnswer> = { runId, status: 'recorded', position };
  return reply.status(202).header('retry-after', SHOWN_AFTER_S).send(answer);
}
