import { z } from 'zod';
import type { ProducerRefusal, ProducerRequest } from '../../producers/produced-runs.js';
import { PRODUCER_REFUSALS } from '../../producers/producer-refusals.js';
import {
  type ProducerReport,
  producerNameSchema,
  reportedCompletionSchema,
  reportedFailureSchema,
  reportedItemsSchema,
  reportedNoteSchema,
  reportedTotalSchema,
  reportedWaitSchema,
} from '../../producers/reports.js';
import { tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { API, type ApiRequest, type ApiRoute, apiRoute } from './api-route.js';
import { ownerOf } from './owner-of.js';
import { claimedAnswer, notedAnswer } from './schemas.js';

/** Enough for a thousand items with their texts. A producer sends more items in several requests. */
const REPORT_BYTES_MAX = 512 * 1024;

const access = tenantRoute('runs.report', { param: 'run', kind: 'run' });
const attempt = z.int().min(1).describe('As the claim answered it');
const held = z.strictObject({ attempt });

/**
 * The routes by which an outside program carries out runs of its type. Every request may be repeated: nothing is
 * recorded twice, and the first reported end of a run is final.
 */
export function producerRoutes(runtime: WebRuntime): readonly ApiRoute[] {
  const { producers } = runtime.deps.ports;

  /** A route that takes a report from the holder of the run's claim. */
  function reporting<Body extends typeof held>(
    name: string,
    route: Pick<ApiRoute, 'operationId' | 'summary' | 'description'> & { readonly body: Body },
    reportOf: (body: z.output<Body>) => ProducerReport,
  ): ApiRoute {
    return apiRoute({
      ...route,
      method: 'POST',
      path: `/tenants/:tenant/runs/:run/${name}`,
      tag: 'producers',
      access,
      bodyBytesMax: REPORT_BYTES_MAX,
      answers: { 200: { description: 'Noted', schema: notedAnswer } },
      async handle(asked) {
        const report = reportOf(asked.body);
        const answer = await producers.report(requestOf(asked), asked.body.attempt, report);
        if (answer.kind === 'refused') throw await refusal(runtime, asked, answer);
        const { kind: _kind, ...noted } = answer;
        return noted;
      },
    });
  }

  return [
    apiRoute({
      method: 'POST',
      path: '/tenants/:tenant/runs/:run/claim',
      operationId: 'claimRun',
      summary: 'Take a queued run of an outside producer’s type',
      description:
        'One producer wins. The same producer of the same token is answered its claim again, so that it can go ' +
        'on after a restart.',
      tag: 'producers',
      access,
      body: z.strictObject({ producer: producerNameSchema }),
      answers: { 200: { description: 'The run is this producer’s', schema: claimedAnswer } },
      async handle(asked) {
        const answer = await producers.claim(requestOf(asked), asked.body.producer);
        if (answer.kind === 'refused') throw await refusal(runtime, asked, answer);
        const { kind: _kind, ...claimed } = answer;
        return claimed;
      },
    }),
    reporting(
      'heartbeat',
      {
        operationId: 'heartbeat',
        summary: 'Say that the producer lives',
        description:
          'Every report is a sign of life too. A run without one for `silenceMs` is aborted as `worker_lost`.',
        body: held,
      },
      () => ({ kind: 'heartbeat' }),
    ),
    reporting(
      'total',
      {
        operationId: 'setTotal',
        summary: 'Say how many items there are',
        body: held.extend({ total: reportedTotalSchema }),
      },
      ({ total }) => ({ kind: 'total', total }),
    ),
    reporting(
      'items',
      {
        operationId: 'reportItems',
        summary: 'Report outcomes of items',
        description: 'An item has one outcome: reported again under the same id, the first one stays.',
        body: held.extend({ items: reportedItemsSchema }),
      },
      ({ items }) => ({ kind: 'items', items }),
    ),
    reporting(
      'notes',
      {
        operationId: 'noteProgress',
        summary: 'Note in words what the run is doing',
        body: held.extend({ note: reportedNoteSchema }),
      },
      ({ note }) => ({ kind: 'note', note }),
    ),
    reporting(
      'waits',
      {
        operationId: 'noteWait',
        summary: 'Say that the run waits for something outside, and until when',
        description: 'Waiting is no sign of life beyond this request: go on with heartbeats.',
        body: held.extend(reportedWaitSchema.shape),
      },
      ({ attempt: _attempt, ...wait }) => ({ kind: 'wait', ...wait }),
    ),
    reporting(
      'complete',
      {
        operationId: 'completeRun',
        summary: 'End the run well; its counts come from the items',
        body: held.extend(reportedCompletionSchema.shape),
      },
      ({ attempt: _attempt, ...completion }) => ({ kind: 'complete', ...completion }),
    ),
    reporting(
      'fail',
      {
        operationId: 'failRun',
        summary: 'End the run as failed',
        body: held.extend(reportedFailureSchema.shape),
      },
      ({ attempt: _attempt, ...failure }) => ({ kind: 'fail', ...failure }),
    ),
  ];
}

type Asked = Pick<ApiRequest<unknown, unknown>, 'request' | 'client' | 'param'>;

const requestOf = ({ request, client, param }: Asked): ProducerRequest => ({
  tenantId: tenantAccessOf(request).tenant.tenantId,
  runId: param('run'),
  clientId: client.clientId,
  requestId: request.id,
});

async function refusal(runtime: WebRuntime, asked: Asked, { code, message }: ProducerRefusal) {
  const { status } = PRODUCER_REFUSALS[code];
  if (status === 404) {
    await assertNobodyElses(runtime, asked);
    return new WebError('not_found', message, { refusalCode: code });
  }
  const link = `${API}/runs/${asked.param('run')}`;
  return new WebError(status === 409 ? 'refused' : 'unprocessable', message, { refusalCode: code, link });
}

/** Errors: WebError `forbidden` for a run of another tenant. */
async function assertNobodyElses(runtime: WebRuntime, { request, param }: Asked): Promise<void> {
  const { tenantId } = tenantAccessOf(request).tenant;
  const owner = await ownerOf(runtime, tenantId, 'run', param('run'));
  if (owner !== undefined && owner !== tenantId)
    throw new WebError('forbidden', 'This run belongs to another tenant.');
}
