import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { Capability } from '../../access/capabilities.js';
import { refuseHead } from '../refuse-head.js';
import { personOf, tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import type { WebRuntime } from '../web-runtime.js';
import type { PageRead } from './page.js';
import { reading } from './page-reading.js';

/** A file that a page offers. Its rows are read in parts, each in a transaction of its own. */
export interface PageDownload<Query> {
  /** Path below `/t/:tenant`. */
  readonly path: string;
  readonly capability: Capability;
  readonly id?: { readonly param: string; readonly kind: string };
  readonly query: z.ZodType<Query>;
  /** The name of the rows in the audit entry, such as `audit entries`. */
  readonly what: string;
  /** Reads the choice and begins the file. */
  begin(read: PageRead<Query>): Promise<DownloadHead> | DownloadHead;
  /**
   * The part that begins at a place, null for the first. All parts have only rows up to the position at which the
   * download began.
   */
  part(read: PageRead<Query>, place: DownloadPlace): Promise<DownloadPart>;
}

export interface DownloadHead {
  readonly fileName: string;
  readonly format: 'csv' | 'json' | 'jsonl';
  /** What was chosen, for the audit entry: an id, or the filters as in the address. */
  readonly subject: string | null;
  readonly rows: number | null;
  /** Text before the first row. */
  readonly text: string;
}

export interface DownloadPlace {
  readonly after: string | null;
  /** The position of the read models when the download began. */
  readonly upTo: number;
}

export interface DownloadPart {
  readonly text: string;
  /** Where the next part begins; null after the last part. */
  readonly next: string | null;
}

/** Declares a download. Its query type is inferred. */
export const defineDownload = <Query>(download: PageDownload<Query>): PageDownload<Query> => download;

const CONTENT_TYPES: Readonly<Record<DownloadHead['format'], string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
  jsonl: 'application/x-ndjson; charset=utf-8',
};

/** Registers a download's address. The audit entry (A1) is recorded before the first byte is sent. */
export function registerDownload<Query>(
  app: FastifyInstance,
  runtime: WebRuntime,
  download: PageDownload<Query>,
): void {
  const access = tenantRoute(download.capability, download.id);
  const config = { access };
  refuseHead(app, `/t/:tenant${download.path}`, config);
  app.get(`/t/:tenant${download.path}`, { config, exposeHeadRoute: false }, async (request, reply) => {
    const { identity, query } = request;
    const params = request.params as Readonly<Record<string, string>>;
    const ask = { identity, access: tenantAccessOf(request), params, query };
    const { head, first, upTo } = await reading(runtime, download, ask, async (read) => ({
      upTo: read.position,
      head: await download.begin(read),
      first: await download.part(read, { after: null, upTo: read.position }),
    }));
    const { what } = download;
    const { format, subject, rows } = head;
    const { tenantId } = ask.access.tenant;
    const actor = { kind: 'member', personId: personOf(request) } as const;
    const noted = { tenantId, correlationId: request.id, what, format, subject, rows };
    await runtime.deps.ports.audit.exported(actor, noted);
    async function* parts() {
      yield head.text;
      for (let part = first; ; ) {
        yield part.text;
        if (part.next === null) return;
        const place = { after: part.next, upTo };
        part = await reading(runtime, download, ask, (read) => download.part(read, place));
      }
    }
    return reply
      .type(CONTENT_TYPES[format])
      .header('content-disposition', `attachment; filename="${head.fileName}"`)
      .send(Readable.from(parts(), { objectMode: false }));
  });
}
