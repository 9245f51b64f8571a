import { z } from 'zod';
import { type BackupSetRow, findBackupSet, listBackupSets, listSetItems } from '../hub/backup-set-list.js';
import { listExports } from '../hub/export-list.js';
import { type HubRead, readHub } from '../hub/hub-read.js';
import { listVersions } from '../hub/policy-detail.js';
import {
  findPolicy,
  listPolicies,
  placeOf,
  policyFiltersSchema,
  policySearch,
  presenceOf,
} from '../hub/policy-list.js';
import { listSchedules } from '../hub/schedule-list.js';
import { LIMITS } from '../limits.js';
import { tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { type ApiRequest, type ApiRoute, apiRoute } from './api-route.js';
import {
  backupSetJson,
  exportJson,
  policyJson,
  scheduleJson,
  setItemJson,
  versionJson,
} from './kept-json.js';
import {
  backupSetAnswer,
  backupSetItemsAnswer,
  backupSetsAnswer,
  exportsAnswer,
  policiesAnswer,
  policyVersionsAnswer,
  schedulesAnswer,
} from './kept-schemas.js';

const limit = z.coerce.number().int().min(1).max(LIMITS.apiPageMax).default(LIMITS.policiesPerPage);
const before = z.coerce.number().int().optional().describe('What the page before answered as `next`');
const { q, type, setting, group, sort, past } = policyFiltersSchema.shape;
const policiesQuery = z.object({ q, type, setting, group, sort, past, limit });
const newestFirst = z.object({ before, limit });
const itemsQuery = z.object({ q, past: z.string().max(600).optional() });

const reads = tenantRoute('features.read');
const ofPolicy = tenantRoute('features.read', { param: 'policy', kind: 'policy' });
const ofSet = tenantRoute('features.read', { param: 'set', kind: 'backup_set' });

/** Policies with their versions, backup sets, exports and schedules, from the read models. */
export function keptReads({ deps }: WebRuntime): readonly ApiRoute[] {
  const inTenant = <Answer>(
    { request }: Pick<ApiRequest<never, never>, 'request'>,
    read: (db: HubRead) => Promise<Answer>,
  ) => readHub(deps, tenantAccessOf(request).tenant.tenantId, read);

  return [
    apiRoute({
      method: 'GET',
      path: '/tenants/:tenant/policies',
      operationId: 'listPolicies',
      summary: 'Policies that were ever observed or captured, by name',
      description: '`q`, `setting` and `group` find as the page Policies does.',
      tag: 'kept',
      access: reads,
      query: policiesQuery,
      answers: { 200: { description: 'A page of policies', schema: policiesAnswer } },
      handle: (asked) =>
        inTenant(asked, async (db) => {
          const { limit: size, ...filters } = asked.query;
          const { rows, hasMore } = await listPolicies(db, filters, await policySearch(db, filters), size);
          const presence = await presenceOf(db, rows);
          const last = rows.at(-1);
          return {
            policies: rows.map((row) => policyJson(row, presence.get(row.policy_key))),
            next: hasMore && last ? placeOf(last, filters) : null,
          };
        }),
    }),
    apiRoute({
      method: 'GET',
      path: '/policies/:policy/versions',
      operationId: 'listPolicyVersions',
      summary: 'The versions of a policy, newest first',
      tag: 'kept',
      access: ofPolicy,
      query: newestFirst,
      answers: { 200: { description: 'A page of versions', schema: policyVersionsAnswer } },
      handle: (asked) =>
        inTenant(asked, async (db) => {
          const policyKey = asked.param('policy');
          if (!(await findPolicy(db, policyKey)))
            throw new WebError('not_found', 'There is no policy with this id.');
          const { rows, hasMore } = await listVersions(db, policyKey, asked.query);
          return {
            versions: rows.map(versionJson),
            next: hasMore ? (rows.at(-1)?.version ?? null) : null,
          };
        }),
    }),
    apiRoute({
      method: 'GET',
      path: '/tenants/:tenant/backup-sets',
      operationId: 'listBackupSets',
      summary: 'Backup sets, newest first, also those that expired',
      tag: 'kept',
      access: reads,
      query: newestFirst,
      answers: { 200: { description: 'A page of backup sets', schema: backupSetsAnswer } },
      handle: (asked) =>
        inTenant(asked, async (db) => {
          const { rows, hasMore } = await listBackupSets(db, asked.query);
          return {
            backupSets: rows.map(backupSetJson),
            next: hasMore ? (rows.at(-1)?.created_position ?? null) : null,
          };
        }),
    }),
    apiRoute({
      method: 'GET',
      path: '/backup-sets/:set',
      operationId: 'getBackupSet',
      summary: 'A backup set',
      tag: 'kept',
      access: ofSet,
      answers: { 200: { description: 'The set', schema: backupSetAnswer } },
      handle: (asked) => inTenant(asked, async (db) => backupSetJson(await setOf(db, asked.param('set')))),
    }),
    apiRoute({
      method: 'GET',
      path: '/backup-sets/:set/items',
      operationId: 'listBackupSetItems',
      summary: 'The policies of a backup set, by name',
      tag: 'kept',
      access: ofSet,
      query: itemsQuery,
      answers: { 200: { description: 'A page of policies', schema: backupSetItemsAnswer } },
      handle: (asked) =>
        inTenant(asked, async (db) => {
          const { set_id: setId } = await setOf(db, asked.param('set'));
          const { rows, next } = await listSetItems(db, setId, asked.query);
          return { items: rows.map(setItemJson), next };
        }),
    }),
    apiRoute({
      method: 'GET',
      path: '/tenants/:tenant/exports',
      operationId: 'listExports',
      summary: 'Exports, newest first, also those that ended',
      tag: 'kept',
      access: reads,
      query: newestFirst,
      answers: { 200: { description: 'A page of exports', schema: exportsAnswer } },
      handle: (asked) =>
        inTenant(asked, async (db) => {
          const { rows, next } = await listExports(db, asked.query);
          return { exports: rows.map(exportJson), next };
        }),
    }),
    apiRoute({
      method: 'GET',
      path: '/tenants/:tenant/schedules',
      operationId: 'listSchedules',
      summary: 'The schedules of a tenant with their next and latest times',
      tag: 'kept',
      access: reads,
      answers: { 200: { description: 'Schedules by name', schema: schedulesAnswer } },
      handle: (asked) =>
        inTenant(asked, async (db) => {
          const now = deps.clock.now();
          return { schedules: (await listSchedules(db)).map((listed) => scheduleJson(listed, now)) };
        }),
    }),
  ];
}

/** A backup set by the id in an address. Errors: WebError when there is no such set. */
async function setOf(db: HubRead, setId: string): Promise<BackupSetRow> {
  const set = await findBackupSet(db, setId);
  if (!set) throw new WebError('not_found', 'There is no backup set with this id.');
  return set;
}
