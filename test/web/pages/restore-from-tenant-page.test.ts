import t from 'tap';
import { systemClock } from '../../../src/clock.js';
import { backupSetEntity } from '../../../src/entities/backup-set/backup-set.js';
import { setUsesEntity } from '../../../src/entities/backup-set/set-uses.js';
import { tenantStream } from '../../../src/tenancy/tenant-events.js';
import { hubSite } from '../../support/hub-site.js';
import { ONE_OF_EACH, writePreview, writeRestore } from '../../support/preview-builder.js';
import { pageVisitor } from '../page-visitor.js';

/**
 * Goal: only a person with the right in both tenants sees the other tenant's sets and starts a restore of one. A person
 * without the right in one of them is refused with a sentence, and so is every token (T4).
 */
const SET = '5e700000-0000-4000-8000-0000000000f1';
const THIRD = '5e700000-0000-4000-8000-0000000000f3';

const site = await hubSite(t, { beginning: systemClock.now() - 3_600_000 });
const target = await site.tenant('contoso', 'Contoso');
const source = await site.tenant('fabrikam', 'Fabrikam');
const third = await site.tenant('tailspin', 'Tailspin');
const { builder } = site;
for (const [tenantId, setId, name] of [
  [source.tenantId, SET, 'Before the move'],
  [third.tenantId, THIRD, 'Of a third'],
] as const)
  await builder.append(
    backupSetEntity.stream(tenantId, setId),
    [
      { type: 'BackupSetCreated', data: { name, origin: { kind: 'person' } } },
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
/** The owner of both tenants; an owner here who is a manager there; a manager here who is an owner there. */
const both = target.persons.owner;
const onlyHere = target.persons.manager;
const onlyThere = source.persons.owner;
const roles = [
  [source.tenantId, both, 'owner'],
  [target.tenantId, onlyHere, 'owner'],
  [source.tenantId, onlyHere, 'manager'],
  [target.tenantId, onlyThere, 'manager'],
] as const;
for (const [tenantId, personId, role] of roles)
  await builder.append(tenantStream(tenantId), [{ type: 'MemberAdded', data: { personId, role } }], {
    tenantId,
  });
const preview = await writePreview(site, target.tenantId, ONE_OF_EACH, {
  setId: SET,
  sourceTenantId: source.tenantId,
});
const restored = await writeRestore(site, target.tenantId, preview);
await site.settle();

const visitors = {
  both: await pageVisitor(site, both),
  onlyHere: await pageVisitor(site, onlyHere),
  onlyThere: await pageVisitor(site, onlyThere),
};
const CHOOSE = '/t/contoso/restores/from-another-tenant';
const textOf = (html: string) =>
  html
    .slice(html.indexOf('<main'), html.indexOf('</main>'))
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');
const starts = async () => {
  let number = 0;
  for (const { type } of site.builder.log.events) if (type === 'RunQueued') number += 1;
  return number;
};

t.test('a person with the right in both chooses the tenant and its set, and previews it here', async (t) => {
  const { get, post } = visitors.both;
  const tenants = (await get(CHOOSE)).body;
  t.match(tenants, /from-another-tenant\?source=fabrikam">Fabrikam</);
  t.notMatch(tenants, /Tailspin/, 'a tenant of others is not named');
  t.match((await get(`${CHOOSE}?source=fabrikam`)).body, new RegExp(`set=${SET}[^>]*>Before the move<`));
  const chosen = (await get(`${CHOOSE}?source=fabrikam&set=${SET}`)).body;
  t.match(textOf(chosen), /Before the move of Fabrikam: 1 policy/);
  t.match(chosen, new RegExp(`name="sourceTenantId" value="${source.tenantId}"`));
  const fromSet = (await get(`/t/fabrikam/backup-sets/${SET}`)).body;
  t.match(fromSet, `href="${CHOOSE}?source=fabrikam&amp;set=${SET}"`, 'the set’s own page leads there');

  const form = { setId: SET, sourceTenantId: source.tenantId, includeAssignments: 'yes' };
  const started = await post('/t/contoso/restores/preview', form);
  t.equal(started.statusCode, 303);
  t.match(site.builder.log.events.findLast(({ type }) => type === 'RunQueued')?.data, {
    title: 'Restore preview of “Before the move” from Fabrikam',
    context: { sourceTenantId: source.tenantId },
    related: [{ kind: 'backup_set_of_other_tenant', label: 'Before the move from Fabrikam' }],
  });
  await site.settle();
  const runId = String(started.headers.location).split('/').at(-1);
  const run = textOf((await get(`/t/contoso/runs/${runId}`)).body);
  t.match(run, /source tenant: Fabrikam/, 'the run’s page names the tenant that it was given');
  const dryRun = await post(`/t/contoso/restores/${preview}/dry-run`, {});
  t.equal(dryRun.statusCode, 303);
});

t.test('a person without the right in one of the two is refused with a sentence', async (t) => {
  const before = await starts();
  const form = { setId: SET, sourceTenantId: source.tenantId };
  for (const [who, sentence] of [
    ['onlyHere', /Your role in the tenant that the backup set belongs to does not include it/],
    ['onlyThere', /Your role in this tenant does not include it/],
  ] as const) {
    const { get, post } = visitors[who];
    for (const [path, fields] of [
      ['/preview', form],
      [`/${preview}/dry-run`, {}],
      [`/${preview}/live`, { tenantName: 'Contoso' }],
      [`/${preview}/mapping/preview`, {}],
    ] as const) {
      const { statusCode, body } = await post(`/t/contoso/restores${path}`, fields);
      t.equal(statusCode, 403, `${who} ${path}`);
      t.match(body, sentence, `${who} ${path}`);
    }
    t.equal((await get(`${CHOOSE}?source=fabrikam&set=${SET}`)).statusCode, 403);
    const { statusCode, body } = await get(`/t/contoso/restores/${preview}`);
    t.equal(statusCode, 200, 'the preview itself is this tenant’s, and readable');
    t.match(textOf(body), /policies come from another tenant: a backup set of Fabrikam/);
    t.match(body, /<button type="submit" class="primary" disabled\s+aria-describedby="dry-run-reason"/);
    t.match(body, /<p id="live-reason" class="reason-text">/);
  }
  t.equal(await starts(), before, 'nothing was started');
  t.match(
    textOf((await visitors.onlyThere.get(CHOOSE)).body),
    /Your role here is manager; an owner can restore from or to another tenant/,
  );
});

t.test('the kept map is linked for those who belong to the source tenant', async (t) => {
  const page = `/t/contoso/restores/${preview}/mapping`;
  const link = /href="[^"]*restores\/map[?]source=fabrikam"/;
  t.match((await visitors.both.get(page)).body, link);
  t.equal((await visitors.both.get('/t/contoso/restores/map?source=fabrikam')).statusCode, 200);
  const reader = await pageVisitor(site, target.persons.readonly);
  const { statusCode, body } = await reader.get(page);
  t.equal(statusCode, 200);
  t.notMatch(body, link, 'a reader without a role there sees no link that leads nowhere');
  t.equal((await reader.get('/t/contoso/restores/map?source=fabrikam')).statusCode, 404);
});

t.test('a token is always refused, with the reason', async (t) => {
  const before = await starts();
  for (const slug of ['contoso', 'fabrikam']) {
    const tenantId = slug === 'contoso' ? target.tenantId : source.tenantId;
    const token = await site.issueToken(tenantId, 'restores', ['runs.start', 'restores.start_live']);
    const answer = await site.app.inject({
      method: 'POST',
      url: '/api/v1/tenants/contoso/runs',
      headers: { authorization: `Bearer ${token}` },
      payload: { type: 'restore.preview', input: { setId: SET, sourceTenantId: source.tenantId } },
    });
    t.equal(answer.statusCode, 403);
    if (slug === 'contoso') t.match(answer.body, /takes a person who may do it in both/);
  }
  t.equal(await starts(), before);
});

t.test('sets of a third tenant and unknown sets are refused', async (t) => {
  const { get, post } = visitors.both;
  t.equal((await get(`${CHOOSE}?source=fabrikam&set=${THIRD}`)).statusCode, 403);
  t.equal((await get(`${CHOOSE}?source=tailspin`)).statusCode, 403);
  t.equal((await get(`${CHOOSE}?source=nowhere`)).statusCode, 404);
  t.equal((await get(`${CHOOSE}?source=fabrikam&set=${THIRD.replace('f3', 'f9')}`)).statusCode, 404);
  const foreign = { setId: THIRD, sourceTenantId: third.tenantId };
  t.equal((await post('/t/contoso/restores/preview', foreign)).statusCode, 403);
  const mixed = await post('/t/contoso/restores/preview', { setId: THIRD, sourceTenantId: source.tenantId });
  t.equal(mixed.statusCode, 409);
  t.match(mixed.body, /There is no such backup set/);
});

t.test('the result names the source, and the source’s audit log records who used which set', async (t) => {
  const result = (await visitors.both.get(`/t/contoso/restores/${restored}/result`)).body;
  t.match(textOf(result), /policies come from another tenant: a backup set of Fabrikam/);
  t.match(result, `href="/t/fabrikam/backup-sets/${SET}"`);
  t.notMatch(
    result,
    /href="[^"]*\/t\/contoso\/policies\/[0-9a-f]{32}"/,
    'no link to a policy that isn’t here',
  );
  await builder.append(
    setUsesEntity.stream(source.tenantId, SET),
    [
      {
        type: 'BackupSetUsedByOtherTenant',
        data: { runId: preview, otherTenantId: target.tenantId, name: 'Before the move', use: 'live' },
      },
      {
        type: 'BackupSetRestoredToOtherTenant',
        data: {
          runId: preview,
          otherTenantId: target.tenantId,
          name: 'Before the move',
          succeeded: 3,
          skipped: 1,
          failed: 0,
        },
      },
    ],
    { tenantId: source.tenantId, actor: { kind: 'member', id: both } },
  );
  await site.settle();
  const audit = textOf((await visitors.both.get('/t/fabrikam/audit')).body);
  t.match(audit, /Used a backup set in another tenant .*Before the move/);
  t.match(audit, /restore to the tenant “Contoso”/, 'named to who belongs there');
  t.match(audit, /3 policies written, 1 left and 0 failed in the tenant “Contoso”/);
  const stranger = await pageVisitor(site, source.persons.readonly);
  const seen = textOf((await stranger.get('/t/fabrikam/audit')).body);
  t.match(seen, new RegExp(`restore to the tenant ${target.tenantId}`));
  t.notMatch(seen, /“Contoso”/, 'and to nobody else');
});
