import { sendExport } from '../pages/send-export.js';
import { tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import type { WebRuntime } from '../web-runtime.js';
import { type ApiRoute, apiRoute } from './api-route.js';

/** The file of an export, for programs that store it elsewhere. */
export const exportDownload = ({ deps }: WebRuntime): ApiRoute =>
  apiRoute({
    method: 'GET',
    path: '/runs/:run/export',
    operationId: 'downloadExport',
    summary: 'The archive that an export run wrote, until its end',
    description: 'Each download leaves an audit entry.',
    tag: 'runs',
    access: tenantRoute('exports.download', { param: 'run', kind: 'run' }),
    answers: { 200: { description: 'A zip archive', mediaType: 'application/zip' } },
    ended: true,
    handle: ({ request, reply, client, param }) =>
      sendExport(
        deps,
        {
          tenantId: tenantAccessOf(request).tenant.tenantId,
          runId: param('run'),
          request,
          actor: { kind: 'api', ...client },
          time: { now: deps.clock.now(), zone: 'utc' },
        },
        reply,
      ),
  });
