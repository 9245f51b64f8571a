import { z } from 'zod';
import { auditFiltersSchema, auditPlace, listAuditEntries } from '../hub/audit-list.js';
import { readHub } from '../hub/hub-read.js';
import { LIMITS } from '../limits.js';
import { tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import { actWords, detailWords } from '../view/audit-words.js';
import { isoTime } from '../view/format.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { type ApiRoute, apiRoute } from './api-route.js';
import { auditAnswer } from './schemas.js';

const limit = z.coerce.number().int().min(1).max(LIMITS.apiPageMax).default(LIMITS.auditEntriesPerPage);
/** Days are days in UTC. */
const auditQuery = auditFiltersSchema.extend({ before: auditPlace.optional(), limit });

/** A tenant's audit entries, for programs that store them elsewhere. Persons appear by id, without names. */
export const auditRead = ({ deps }: WebRuntime): ApiRoute =>
  apiRoute({
    method: 'GET',
    path: '/tenants/:tenant/audit',
    operationId: 'listAuditEntries',
    summary: 'Audit entries of a tenant, newest first',
    tag: 'tenants',
    access: tenantRoute('audit.read'),
    query: auditQuery,
    answers: { 200: { description: 'A page of entries', schema: auditAnswer } },
    async handle({ request, query: { before, limit: size, ...filters } }) {
      if (filters.who === 'me')
        throw new WebError('bad_request', 'A token belongs to no person, so “who” takes an id and not “me”.');
      const { rows, older } = await readHub(deps, tenantAccessOf(request).tenant.tenantId, (db) =>
        listAuditEntries(db, {
          filters,
          personId: '',
          between: [dayOf(filters.from, 0), dayOf(filters.to, 1)],
          olderThan: before,
          limit: size,
        }),
      );
      return {
        entries: rows.map((row) => ({
          position: row.position,
          at: isoTime(row.at),
          actor: { kind: row.actor_kind, id: row.actor_id },
          act: row.act,
          meaning: actWords(row.act),
          subject: row.subject_id === null ? null : { id: row.subject_id, name: row.subject },
          detail: detailWords(deps.events, row),
          details: row.details,
          result: row.result,
          reasonCode: row.reason_code,
        })),
        next: older,
      };
    },
  });

const DAY_MS = 86_400_000;

const dayOf = (day: string | undefined, daysLater: number): number | null =>
  day === undefined ? null : Date.parse(`${day}T00:00:00Z`) + daysLater * DAY_MS;
