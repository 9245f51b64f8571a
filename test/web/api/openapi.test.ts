import { Validator } from '@seriousme/openapi-schema-validator';
import t from 'tap';
import { z } from 'zod';
import { scheduleEntity } from '../../../src/entities/schedule/schedule.js';
import {
  backupSetAnswer,
  backupSetItemsAnswer,
  backupSetsAnswer,
  exportsAnswer,
  policiesAnswer,
  policyVersionsAnswer,
  schedulesAnswer,
} from '../../../src/web/api/kept-schemas.js';
import {
  errorAnswer,
  eventsAnswer,
  findingsAnswer,
  itemsAnswer,
  operationTypesAnswer,
  runAnswer,
  runsAnswer,
  tenantsAnswer,
} from '../../../src/web/api/schemas.js';
import { writeBackupSet } from '../../support/backup-scenario.js';
import { EVENT_SAMPLES } from '../../support/event-samples.js';
import { operationsWithProducer } from '../../support/external-operation.js';
import { writeScenario } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { writtenExport } from '../../support/written-export.js';

/** Goal: the document describes all of the API and nothing else. */

const documentSchema = z.looseObject({
  openapi: z.literal('3.1.0'),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        operationId: z.string(),
        parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })),
        requestBody: z.looseObject({}).optional(),
        responses: z.record(z.string(), z.unknown()),
      }),
    ),
  ),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});

const site = await hubSite(t, { operations: operationsWithProducer });
const headers = { authorization: 'Bearer local-token-of-the-tests' };
const answered = await site.app.inject('/api/v1/openapi.json');
const document = documentSchema.parse(answered.json());

t.test('it is valid OpenAPI 3.1, and read without a token', async (t) => {
  t.equal(answered.statusCode, 200);
  const validator = new Validator();
  const { valid, errors } = await validator.validate(answered.json());
  t.ok(valid, JSON.stringify(errors)?.slice(0, 2000));
  t.equal(validator.version, '3.1');
  const references = [...answered.body.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = '']) => reference);
  t.ok(references.length > 50);
  for (const reference of new Set(references)) {
    const name = reference.replace('#/components/schemas/', '');
    t.ok(Object.hasOwn(document.components.schemas, name), `${reference} leads somewhere`);
  }
  const broken = structuredClone(answered.json());
  broken.paths['/api/v1/tenants'].get.responses = 'none';
  t.notOk((await new Validator().validate(broken)).valid, 'the validator would have found a mistake');
});

t.test('it describes the routes that are there, and no others', async (t) => {
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const real = site.app.declaredRoutes
    .filter(({ method, url }) => url.startsWith('/api/') && method !== 'HEAD' && method !== 'OPTIONS')
    .map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`)
    .filter((route) => route !== 'GET /api/v1/openapi.json');
  t.same(described.toSorted(), real.toSorted());
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map((op) => op.operationId),
  );
  t.equal(new Set(ids).size, ids.length, 'operation ids are unique');
  for (const [path, operations] of Object.entries(document.paths))
    for (const { parameters } of Object.values(operations))
      t.same(
        parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`),
        [...path.matchAll(/\{\w+\}/g)].map(([name]) => name),
        path,
      );
});

t.test('answers have the forms that it describes', async (t) => {
  const scenario = await writeScenario(site, 'contoso', 'Contoso');
  const get = (path: string) => site.app.inject({ url: `/api/v1${path}`, headers });
  const holds = async (path: string, schema: z.ZodType, status = 200) => {
    const response = await get(path);
    t.equal(response.statusCode, status, path);
    const parsed = schema.safeParse(response.json());
    t.ok(parsed.success, `${path} ${parsed.error ? z.prettifyError(parsed.error) : ''}`);
  };
  await holds('/tenants', tenantsAnswer);
  await holds('/operation-types', operationTypesAnswer);
  await holds('/tenants/contoso/runs', runsAnswer);
  for (const run of [scenario.partial, scenario.failed, scenario.running, scenario.queued, scenario.drift]) {
    await holds(`/runs/${run}`, runAnswer);
    await holds(`/runs/${run}/history`, eventsAnswer);
    await holds(`/runs/${run}/items`, itemsAnswer);
    await holds(`/runs/${run}/findings`, findingsAnswer);
  }
  const fabrikam = await site.tenant('fabrikam', 'Fabrikam');
  const setId = await writeBackupSet(site, fabrikam);
  await writtenExport(site, fabrikam.tenantId, { personId: fabrikam.persons.operator });
  await site.builder.append(
    scheduleEntity.stream(fabrikam.tenantId, site.builder.chance.uuid()),
    [{ type: 'ScheduleSet', data: EVENT_SAMPLES.ScheduleSet }],
    { tenantId: fabrikam.tenantId },
  );
  await site.settle();
  await holds('/tenants/fabrikam/policies', policiesAnswer);
  const found = await get('/tenants/fabrikam/policies?q=wi-fi&limit=1');
  const { policies } = policiesAnswer.parse(found.json());
  t.match(policies, [{ name: 'Wi-Fi', snapshot: /-0$/, gone: false }]);
  await holds(`/policies/${policies[0]?.key}/versions`, policyVersionsAnswer);
  await holds('/tenants/fabrikam/backup-sets', backupSetsAnswer);
  await holds(`/backup-sets/${setId}`, backupSetAnswer);
  await holds(`/backup-sets/${setId}/items`, backupSetItemsAnswer);
  await holds('/tenants/fabrikam/exports', exportsAnswer);
  await holds('/tenants/fabrikam/schedules', schedulesAnswer);
  const { schedules } = schedulesAnswer.parse((await get('/tenants/fabrikam/schedules')).json());
  t.equal(schedules[0]?.next.length, 5);
  const first = backupSetItemsAnswer.parse((await get(`/backup-sets/${setId}/items`)).json());
  t.equal(first.items.length, 3);
  await holds(`/backup-sets/${site.builder.chance.uuid()}`, errorAnswer, 404);
  await holds('/runs/nothing', errorAnswer, 404);
  await holds('/tenants/contoso/runs?limit=many', errorAnswer, 400);
});

t.test('types are listed with what a start gives and who carries them out', async (t) => {
  const { types } = operationTypesAnswer.parse(
    (await site.app.inject({ url: '/api/v1/operation-types', headers })).json(),
  );
  t.match(
    types.find(({ type }) => type === 'certificates.renew'),
    {
      carriedOutBy: 'producer',
      input: { type: 'object', required: ['vault'], properties: { vault: { type: 'string' } } },
      reasonCodes: { still_valid: { kind: 'skip' } },
    },
  );
  t.match(
    types.find(({ type }) => type === 'inventory.sync'),
    { carriedOutBy: 'worker' },
  );
});
