import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { findExport } from '../hub/export-list.js';
import { readHub } from '../hub/hub-read.js';
import type { WebActor } from '../ports/actors.js';
import { longTime, type TimeFrame } from '../view/format.js';
import type { WebDependencies } from '../web-dependencies.js';
import { WebError } from '../web-error.js';

/** Who downloads which export. */
export interface ExportAsked {
  readonly tenantId: string;
  readonly runId: string;
  readonly actor: WebActor;
  /** For the time in the message about an export that has ended. */
  readonly time: TimeFrame;
  readonly request: FastifyRequest;
}

/**
 * Sends the file of an export as it is decrypted, no faster than the client takes it. The audit entry (A1) is recorded
 * before the first byte. Errors: WebError `not_found`, `ended`; those of the ports.
 */
export async function sendExport(
  deps: WebDependencies,
  { tenantId, runId, actor, time, request }: ExportAsked,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const found = await readHub(deps, tenantId, (db) => findExport(db, runId));
  if (!found)
    throw new WebError(
      'not_found',
      'This run has written no export. If it is still running, wait until it has ended.',
    );
  const file = await deps.ports.exports.open(tenantId, runId);
  if (!file)
    throw new WebError(
      'ended',
      `This export could be downloaded until ${longTime(found.ends_at, time)}; its file has been removed. ` +
        'Start it again on the page Exports.',
    );
  await deps.ports.audit.exported(actor, {
    tenantId,
    correlationId: request.id,
    what: 'policies',
    format: 'zip',
    subject: runId,
    rows: found.policies,
  });
  return reply
    .type('application/zip')
    .header('content-length', file.bytes)
    .header('content-disposition', `attachment; filename="${found.file_name}"`)
    .send(Readable.from(file.content, { objectMode: false }));
}
