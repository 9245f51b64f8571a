import { Command } from 'commander';
import t from 'tap';
import { isAudited } from '../../src/audit/audited.js';
import { commandLineChange } from '../../src/cli/installation.js';
import { registerCommands } from '../../src/cli/register-commands.js';
import { systemClock } from '../../src/clock.js';
import { backupSetEntity } from '../../src/entities/backup-set/backup-set.js';
import { operationKey } from '../../src/runs/run-streams.js';
import { idOfForm } from '../../src/web/pages/id-of-form.js';
import { operationsWithProducer } from '../support/external-operation.js';
import { completed, itemOf, writeScenario } from '../support/hub-scenario.js';
import { hubSite } from '../support/hub-site.js';
import { writeKeptPolicy } from '../support/kept-policy.js';
import { ONE_OF_EACH, writePreview } from '../support/preview-builder.js';
import { writtenExport } from '../support/written-export.js';
import { pageVisitor } from '../web/page-visitor.js';

/** Goal: nothing can be written through a route or a command without an audit entry; a new one fails here. */

/** Routes that write nothing in a tenant, and why. */
const WRITES_NOTHING: Readonly<Record<string, string>> = {
  'POST /live': 'It reads; it is a POST because addresses of pages don’t fit into one.',
  'POST /signin/dev': 'A session is no tenant’s, and changes nothing in one.',
  'POST /signout': 'A session is no tenant’s, and changes nothing in one.',
  'POST /me': 'What a person sets for all of their tenants stands in no tenant.',
  'POST /me/keys': 'What a person sets for all of their tenants stands in no tenant.',
  'POST /t/:tenant/members/groups':
    'Without a token of the person nothing is asked; test/web/oidc.test.ts looks for the entry of a question.',
  'POST /t/:tenant/members/groups/people':
    'Without a token of the person nothing is asked; test/web/oidc.test.ts looks for the entry of a question.',
  'GET /t/:tenant/operations/export':
    'It says how large the files would be, which are downloads of their own.',
  'GET /t/:tenant/exports': 'It lists exports, whose files are downloads of their own.',
  'GET /api/v1/tenants/:tenant/exports': 'It lists exports, whose files are downloads of their own.',
  'POST /api/v1/tenants/:tenant/runs/:run/heartbeat': 'A sign of life is no act: it changes nothing.',
};

const site = await hubSite(t, {
  operations: operationsWithProducer,
  // A live restore wants a preview of today.
  beginning: systemClock.now() - 3_600_000,
});
const scenario = await writeScenario(site, 'contoso', 'Contoso');
const { tenantId, persons } = scenario.tenant;
const { policyKey } = await writeKeptPolicy(site, scenario.tenant);
const owner = await pageVisitor(site, persons.owner);
const capabilities = [
  'runs.start',
  'runs.report',
  'hub.read',
  'run.read',
  'audit.read',
  'findings.review',
  'backups.manage',
  'exports.download',
];
const bearer = { authorization: `Bearer ${await site.issueToken(tenantId, 'renewer', capabilities)}` };
const [finding = '', second = ''] = scenario.findings;
const exported = await writtenExport(site, tenantId, { personId: persons.operator });

/** Two inventories of a selection, so that a drift can be started. */
const SCOPE_KEY = 'ab'.repeat(16);
for (const items of [[itemOf('BitLocker', 'succeeded')], [itemOf('BitLocker', 'succeeded')]]) {
  const key = operationKey(tenantId, 'inventory.sync', { scopeKey: SCOPE_KEY });
  const runId = await site.builder.queue(tenantId, key, { scope: { scopeKey: SCOPE_KEY } });
  await site.builder.toRun(tenantId, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'w-1' } });
  await site.builder.toRun(tenantId, runId, completed(items, '1 policy read', { inventory: SCOPE_KEY }));
}

/** A backup set with one policy, so that its restore can be previewed. */
const FULL_SET = '5e700000-0000-4000-8000-0000000000f1';
await site.builder.append(
  backupSetEntity.stream(tenantId, FULL_SET),
  [
    { type: 'BackupSetCreated', data: { name: 'Before the change', origin: { kind: 'person' } } },
    {
      type: 'BackupItemsAdded',
      data: {
        options: { includeAssignments: true, includeScopeTags: true },
        items: [{ snapshot: `${'3'.repeat(32)}-0`, bytes: 1, withheld: 0 }],
      },
    },
  ],
  { tenantId },
);

const filled = await site.builder.queue(tenantId, 'b'.repeat(32), {
  type: 'backup_set.add_policies',
  input: { setId: FULL_SET, choice: { from: 'tenant' } },
});
await site.builder.toRun(tenantId, filled, { type: 'RunStarted', data: { attempt: 1, worker: 'w-1' } });
await site.builder.toRun(tenantId, filled, completed([itemOf('BitLocker', 'failed')], 'None added'));

const preview = await writePreview(site, tenantId, ONE_OF_EACH, { setId: FULL_SET });

/**
 * Calls a route as a person or client that may use it. `acts` are the audit entries that it must leave, in any order.
 */
interface Recipe {
  readonly acts: readonly string[];
  run(): Promise<{ readonly statusCode: number; readonly body: string }>;
}

const form = (
  path: string,
  fields: Readonly<Record<string, string | readonly string[]>>,
  ...acts: string[]
) => ({
  acts,
  run: () => owner.post(`/t/contoso${path}`, fields),
});
const download = (path: string): Recipe => ({
  acts: ['ExportDownloaded'],
  run: () => owner.get(`/t/contoso${path}`),
});
let produced = '';
const report = (name: string, body: object, ...acts: string[]): Recipe => ({
  acts,
  run: () =>
    site.app.inject({
      method: 'POST',
      url: `/api/v1/tenants/contoso/runs${name === '' ? '' : `/${produced}/${name}`}`,
      headers: bearer,
      payload: name === '' || name === 'claim' ? body : { attempt: 1, ...body },
    }),
});
/**
 * A command of a finding over the API. The form in the row before has brought the finding into the state that this
 * one needs.
 */
const command = (name: string, ...acts: string[]): Recipe =>
  commandWith(name, { fingerprint: finding, note: null }, ...acts);
const commandWith = (name: string, payload: object, ...acts: string[]): Recipe => ({
  acts,
  run: () =>
    site.app.inject({
      method: 'POST',
      url: `/api/v1/tenants/contoso/commands/${name}`,
      headers: bearer,
      payload,
    }),
});
const scheduleId = '44444444-0000-4000-8000-000000000001';
const schedule = { name: 'Nightly', cron: '0 2 * * *', zone: 'UTC', missed: 'skip' };
const SET_FORM = '22222222-2222-4222-8222-222222222222';
const SET_ID = idOfForm(SET_FORM, tenantId);
const API_SET = '33333333-3333-4333-8333-333333333333';
const produce = async (): Promise<void> => {
  const body = { type: 'certificates.renew', input: { vault: `vault-${systemClock.now()}` } };
  produced = JSON.parse((await report('', body).run()).body).runId;
  await report('claim', { producer: 'renewer-1' }).run();
};
const newMember = { issuer: 'https://login.example', subject: 'kim', name: 'Kim', role: 'operator' };
const waitUntil = new Date(systemClock.now() + 60_000).toISOString();

/** The order matters: later rows use what earlier ones made. */
const RECIPES: Readonly<Record<string, Recipe>> = {
  'POST /t/:tenant/inventory/start': form('/inventory/start', {}, 'RunQueued'),
  'POST /t/:tenant/groups/sync': form('/groups/sync', {}, 'RunQueued'),
  'POST /t/:tenant/policies/:policy/capture': form(`/policies/${policyKey}/capture`, {}, 'RunQueued'),
  'POST /t/:tenant/drift/start': form('/drift/start', { scopeKey: SCOPE_KEY }, 'RunQueued'),
  'POST /t/:tenant/drift/acknowledge': form('/drift/acknowledge', { finding: second }, 'FindingAcknowledged'),
  'POST /t/:tenant/drift/findings/:finding/acknowledge': form(
    `/drift/findings/${finding}/acknowledge`,
    { note: 'planned' },
    'FindingAcknowledged',
  ),
  'POST /t/:tenant/drift/findings/:finding/reopen': form(
    `/drift/findings/${finding}/reopen`,
    {},
    'FindingReopened',
  ),
  'POST /api/v1/tenants/:tenant/commands/finding.acknowledge': command(
    'finding.acknowledge',
    'FindingAcknowledged',
  ),
  'POST /api/v1/tenants/:tenant/commands/finding.reopen': command('finding.reopen', 'FindingReopened'),
  'POST /t/:tenant/schedules/new/:operationType': form(
    '/schedules/new/drift.generate',
    { ...schedule, formId: '11111111-1111-4111-8111-111111111112' },
    'ScheduleSet',
  ),
  'POST /t/:tenant/schedules/:schedule/change': form(
    `/schedules/${scenario.schedule}/change`,
    schedule,
    'ScheduleSet',
  ),
  // The same inventory is active already, so the start joins it.
  'POST /t/:tenant/schedules/:schedule/start': form(`/schedules/${scenario.schedule}/start`, {}, 'RunAsked'),
  'POST /t/:tenant/schedules/:schedule/pause': form(
    `/schedules/${scenario.schedule}/pause`,
    { reason: 'The tenant is being moved.' },
    'SchedulePaused',
  ),
  'POST /t/:tenant/schedules/:schedule/resume': form(
    `/schedules/${scenario.schedule}/resume`,
    {},
    'ScheduleResumed',
  ),
  'POST /t/:tenant/schedules/:schedule/remove': form(
    `/schedules/${scenario.schedule}/remove`,
    {},
    'ScheduleRemoved',
  ),
  'POST /api/v1/tenants/:tenant/commands/schedule.set': commandWith(
    'schedule.set',
    { ...schedule, scheduleId, operationType: 'inventory.sync', given: {} },
    'ScheduleSet',
  ),
  'POST /api/v1/tenants/:tenant/commands/schedule.pause': commandWith(
    'schedule.pause',
    { scheduleId, reason: 'Moved' },
    'SchedulePaused',
  ),
  'POST /api/v1/tenants/:tenant/commands/schedule.resume': commandWith(
    'schedule.resume',
    { scheduleId },
    'ScheduleResumed',
  ),
  'POST /api/v1/tenants/:tenant/commands/schedule.remove': commandWith(
    'schedule.remove',
    { scheduleId },
    'ScheduleRemoved',
  ),
  'POST /t/:tenant/backup-sets/create': form(
    '/backup-sets/create',
    { formId: SET_FORM, name: 'Before the change' },
    'BackupSetCreated',
  ),
  'POST /t/:tenant/backup-sets/:set/rename': form(
    `/backup-sets/${SET_ID}/rename`,
    { name: 'Before the new Wi-Fi' },
    'BackupSetRenamed',
  ),
  'POST /t/:tenant/back-up': form(
    '/back-up',
    { formId: SET_FORM, set: '', name: 'Everything', what: 'tenant' },
    'RunQueued',
  ),
  'POST /t/:tenant/backup-sets/runs/:run/again': {
    acts: ['RunQueued'],
    run: () => owner.post(`/t/contoso/backup-sets/runs/${filled}/again`, {}),
  },
  'POST /t/:tenant/backup-sets/:set/expire': form(
    `/backup-sets/${SET_ID}/expire`,
    { reason: 'It went well' },
    'BackupSetExpired',
  ),
  'POST /api/v1/tenants/:tenant/commands/backup_set.create': commandWith(
    'backup_set.create',
    { setId: API_SET, name: 'By a program' },
    'BackupSetCreated',
  ),
  'POST /api/v1/tenants/:tenant/commands/backup_set.rename': commandWith(
    'backup_set.rename',
    { setId: API_SET, name: 'By another program' },
    'BackupSetRenamed',
  ),
  'POST /api/v1/tenants/:tenant/commands/backup_set.expire': commandWith(
    'backup_set.expire',
    { setId: API_SET, reason: 'Superseded' },
    'BackupSetExpired',
  ),
  'POST /api/v1/tenants/:tenant/commands/mapping.set': commandWith(
    'mapping.set',
    {
      sourceTenantId: SET_ID,
      changes: [{ kind: 'group', id: SET_ID, name: 'Guests', becomes: { id: API_SET, name: 'Guests' } }],
    },
    'GroupMappingSet',
  ),
  'POST /t/:tenant/notifications/read': form('/notifications/read', { all: 'yes' }, 'NotificationRead'),
  'POST /t/:tenant/members/add': form('/members/add', newMember, 'MemberAdded'),
  'POST /t/:tenant/members/role': form(
    '/members/role',
    { person: persons.readonly, role: 'operator', shownRole: 'readonly' },
    'MemberRoleChanged',
  ),
  'POST /t/:tenant/members/remove': form('/members/remove', { person: persons.manager }, 'MemberRemoved'),
  'POST /t/:tenant/members/revoke': form(
    '/members/revoke',
    { person: persons.support, role: 'support' },
    'AccessRevoked',
  ),
  'POST /t/:tenant/tokens/create': form(
    '/tokens/create',
    {
      formId: '11111111-1111-4111-8111-111111111111',
      name: 'nightly',
      days: '7',
      capabilities: ['hub.read'],
    },
    'ApiTokenIssued',
  ),
  'POST /t/:tenant/tokens/revoke': {
    acts: ['ApiTokenRevoked'],
    async run() {
      const token = /name="token" value="([^"]+)"/.exec((await owner.get('/t/contoso/tokens')).body)?.[1];
      return owner.post('/t/contoso/tokens/revoke', { token: token ?? '' });
    },
  },
  'POST /api/v1/tenants/:tenant/runs': report(
    '',
    { type: 'certificates.renew', input: { vault: 'prod' } },
    'RunQueued',
  ),
  'POST /api/v1/tenants/:tenant/runs/:run/claim': report('claim', { producer: 'renewer-1' }, 'RunStarted'),
  'POST /api/v1/tenants/:tenant/runs/:run/total': report('total', { total: 2 }, 'RunTotalSet'),
  'POST /api/v1/tenants/:tenant/runs/:run/notes': report('notes', { note: 'begun' }, 'RunProgressNoted'),
  'POST /api/v1/tenants/:tenant/runs/:run/waits': report(
    'waits',
    { reasonCode: 'graph_throttled', until: waitUntil },
    'RunWaiting',
  ),
  'POST /api/v1/tenants/:tenant/runs/:run/items': report(
    'items',
    { items: [{ itemId: 'web-1', outcome: 'succeeded' }] },
    'RunItemsRecorded',
  ),
  'POST /api/v1/tenants/:tenant/runs/:run/complete': report('complete', { summary: 'done' }, 'RunCompleted'),
  'POST /api/v1/tenants/:tenant/runs/:run/fail': {
    acts: ['RunFailed'],
    async run() {
      await produce();
      return report('fail', { reasonCode: 'unexpected', reason: 'refused' }).run();
    },
  },
  'POST /t/:tenant/views/save': form(
    '/views/save',
    { name: 'Failures', query: 'bucket=failed' },
    'ViewSaved',
  ),
  'POST /t/:tenant/views/change': {
    acts: ['ViewRemoved'],
    async run() {
      const list = (await owner.get('/t/contoso/operations?bucket=failed')).body;
      const view = /name="view" value="([^"]+)"/.exec(list)?.[1] ?? '';
      return owner.post('/t/contoso/views/change', { view, act: 'remove', query: '' });
    },
  },
  'GET /t/:tenant/operations/export.csv': download('/operations/export.csv'),
  'GET /t/:tenant/operations/export.json': download('/operations/export.json'),
  'POST /t/:tenant/exports/start': form(
    '/exports/start',
    { policyType: 'deviceConfigurations', policyId: tenantId },
    'RunQueued',
  ),
  'POST /t/:tenant/exports/:run/again': {
    acts: ['RunQueued'],
    run: () => owner.post(`/t/contoso/exports/${exported}/again`, {}),
  },
  'POST /t/:tenant/connection/check': form('/connection/check', {}, 'RunQueued'),
  'POST /t/:tenant/connection/connect': form(
    '/connection/connect',
    { directoryId: tenantId, clientId: tenantId, cloud: 'worldwide', secret: 'a-secret' },
    'RunQueued',
  ),
  'POST /t/:tenant/restores/preview': form('/restores/preview', { setId: FULL_SET }, 'RunQueued'),
  'POST /t/:tenant/restores/:run/dry-run': {
    acts: ['RunQueued'],
    run: () => owner.post(`/t/contoso/restores/${preview}/dry-run`, {}),
  },
  'POST /t/:tenant/restores/:run/live': {
    acts: ['RunQueued'],
    run: () => owner.post(`/t/contoso/restores/${preview}/live`, { tenantName: 'Contoso' }),
  },
  'POST /t/:tenant/restores/:run/mapping': {
    acts: ['GroupMappingSet'],
    run: () =>
      owner.post(`/t/contoso/restores/${preview}/mapping`, {
        kind: 'group',
        id: API_SET,
        name: 'Staff',
        to: '',
        other: SET_ID,
      }),
  },
  'POST /t/:tenant/restores/map': form(
    '/restores/map',
    { source: tenantId, kind: 'group', id: API_SET, takeBack: 'yes' },
    'GroupMappingSet',
  ),
  'POST /t/:tenant/restores/:run/mapping/preview': {
    acts: ['RunQueued'],
    run: () => owner.post(`/t/contoso/restores/${preview}/mapping/preview`, {}),
  },
  'POST /t/:tenant/connection/remove': form(
    '/connection/remove',
    { shortName: 'contoso' },
    'GraphConnectionRemoved',
  ),
  'GET /t/:tenant/exports/:run/download': download(`/exports/${exported}/download`),
  'GET /api/v1/runs/:run/export': {
    acts: ['ExportDownloaded'],
    run: () => site.app.inject({ url: `/api/v1/runs/${exported}/export`, headers: bearer }),
  },
  'GET /t/:tenant/audit/export': download('/audit/export?format=jsonl'),
};

/** The acts of the tenant, newest first, as a program reads them. */
async function acts(): Promise<readonly { readonly act: string; readonly position: number }[]> {
  await site.settle();
  const answer = await site.app.inject({
    url: '/api/v1/tenants/contoso/audit?minor=yes&limit=200',
    headers: bearer,
  });
  return JSON.parse(answer.body).entries;
}

/** Whether a route writes: by its method, or because its download is audited. */
const isWrite = ({ method, url }: { method: string; url: string }): boolean =>
  !['GET', 'HEAD', 'OPTIONS'].includes(method) || (method === 'GET' && /export|download|archive/.test(url));

t.test('every route that writes leaves an audit entry, or says why not', async (t) => {
  const routes = site.app.declaredRoutes.filter(isWrite).map(({ method, url }) => `${method} ${url}`);
  t.strictSame(
    routes.filter((route) => !(route in RECIPES) && !(route in WRITES_NOTHING)),
    [],
    'a route without a recipe here: say which acts it leaves',
  );
  t.strictSame(
    [...Object.keys(RECIPES), ...Object.keys(WRITES_NOTHING)].filter((route) => !routes.includes(route)),
    [],
    'recipes of routes that are gone',
  );
  for (const [route, { acts: expected, run }] of Object.entries(RECIPES)) {
    const known = (await acts())[0]?.position ?? -1;
    if (route.endsWith('/claim') && produced === '') {
      const body = { type: 'certificates.renew', input: { vault: 'claimed' } };
      produced = JSON.parse((await report('', body).run()).body).runId;
    }
    const { statusCode, body } = await run();
    t.ok(
      statusCode < 400,
      `${route} answers ${statusCode}: ${statusCode < 400 ? '' : body.slice(body.indexOf('<main'), body.indexOf('<main') + 1500)}`,
    );
    const left = (await acts()).filter(({ position }) => position > known).map(({ act }) => act);
    for (const act of expected) t.ok(left.includes(act), `${route} leaves ${act}: ${left.join(', ')}`);
  }
});

t.test('the page shows and filters audit entries, and exports them for spreadsheets', async (t) => {
  const hostile = '=HYPERLINK("http://evil.example","note")';
  const [, , third = ''] = scenario.findings;
  await owner.post(`/t/contoso/drift/findings/${third}/acknowledge`, { note: hostile });
  await site.settle();
  const page = (await owner.get('/t/contoso/audit')).body;
  for (const words of [
    'Owner of Contoso',
    'Changed a member’s role',
    'readonly → operator',
    'Started an operation',
  ])
    t.match(page, words);
  t.notMatch(page, 'Marked notifications read', 'read marks are left out unless asked for');
  t.match((await owner.get('/t/contoso/audit?minor=yes')).body, 'Marked notifications read');
  t.match(page, 'renewer', 'a token is shown by its name');
  const own = (await owner.get(`/t/contoso/audit?who=${persons.operator}`)).body;
  t.notMatch(own, 'Changed a member’s role');
  t.match(own, 'Nothing matches these filters');
  const about = (await owner.get(`/t/contoso/audit?about=${third}`)).body;
  t.equal(about.match(/ data-row/g)?.length, 1);
  t.match(about, 'Win - OIB - Defender Antivirus', 'a finding is shown by its name');
  const tomorrow = new Date(systemClock.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  t.match((await owner.get(`/t/contoso/audit?from=${tomorrow}`)).body, 'Nothing matches these filters');
  t.equal((await owner.get('/t/contoso/audit?from=5')).statusCode, 400);

  const csv = await owner.get('/t/contoso/audit/export?minor=yes');
  t.match(csv.headers['content-disposition'], /^attachment; filename="contoso-audit-\d{4}-\d\d-\d\d\.csv"$/);
  const lines = csv.body.trimEnd().split('\r\n');
  t.equal(
    lines[0],
    'at,position,actor_kind,actor_id,actor,act,subject_id,subject,details,result,reason_code',
  );
  t.match(csv.body, `"“=HYPERLINK(""http://evil.example"",""note"")”"`);
  t.equal(lines.filter((line) => /(^|,)"?[=+@-]/.test(line)).length, 0, 'no cell begins a formula');
  await site.settle();
  const json = await owner.get('/t/contoso/audit/export?minor=yes&format=jsonl');
  const entries = json.body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.equal(entries.length, lines.length, 'the same entries, and the one of the first export');
  t.match(entries[0], { act: 'Downloaded an export', subject: 'audit entries', details: /csv/ });

  const auditor = await pageVisitor(site, persons.auditor);
  t.equal((await auditor.get('/t/contoso/audit')).statusCode, 200);
  const operator = await pageVisitor(site, persons.operator);
  t.equal((await operator.get('/t/contoso/audit')).statusCode, 200);
});

/** Commands that write nothing in a tenant, with the reason. All others are in the next list. */
const NO_TENANT: Readonly<Record<string, string>> = {
  start: 'The program itself.',
  web: 'The program itself.',
  worker: 'The program itself.',
  projector: 'The program itself.',
  migrate: 'The schema of primary data.',
  'run start': 'Over the API, as POST /api/v1/tenants/:tenant/runs.',
  'run list': 'Reads.',
  'run types': 'Reads.',
  'run show': 'Reads.',
  'run history': 'Reads.',
  'member list': 'Reads.',
  'token list': 'Reads.',
  'tenant check': 'Reads.',
  'tenant list': 'Reads.',
  'history verify': 'Reads.',
  doctor: 'Reads.',
  'keys rotate': 'Wraps the keys of the installation anew; no tenant’s data change.',
  backup: 'Copies a stopped installation.',
  restore: 'Makes an installation of a copy.',
  'graph-simulator': 'A simulator.',
  'event-store verify': 'Reads.',
  'event-store copy': 'Copies a log as it is.',
};

/** Events that a command appends, in the name of the command line. */
const APPENDS: Readonly<Record<string, readonly string[]>> = {
  'tenant add': ['TenantRegistered', 'MemberAdded', 'GraphConnectionSet'],
  'tenant connect': ['GraphConnectionSet'],
  'tenant disconnect': ['GraphConnectionRemoved'],
  'member add': ['MemberAdded'],
  'member role': ['MemberRoleChanged'],
  'member remove': ['MemberRemoved'],
  'token create': ['ApiTokenIssued'],
  'token revoke': ['ApiTokenRevoked'],
  'history accept': ['HistoryAccepted'],
  'person forget': ['MemberRemoved', 'AccessRevoked'],
};

function leaves(command: Command, above = ''): readonly string[] {
  const name = `${above} ${command.name()}`.trim();
  return command.commands.length === 0 ? [name] : command.commands.flatMap((child) => leaves(child, name));
}

t.test('every command that writes has an audited actor, or says why not', async (t) => {
  const program = new Command();
  await registerCommands(program, undefined);
  const commands = program.commands.flatMap((command) => leaves(command));
  t.strictSame(
    commands.filter((name) => !(name in APPENDS) && !(name in NO_TENANT)),
    [],
    'a command that isn’t known here: say which events it appends',
  );
  t.strictSame(
    [...Object.keys(APPENDS), ...Object.keys(NO_TENANT)].filter((name) => !commands.includes(name)),
    [],
  );
  const { actor } = commandLineChange();
  for (const [name, types] of Object.entries(APPENDS))
    t.ok(
      types.every((type) => isAudited({ type, actor })),
      name,
    );
});
