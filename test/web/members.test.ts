import t from 'tap';
import { parseStream } from '../../src/ledger/streams.js';
import { tenantStream } from '../../src/tenancy/tenant-events.js';
import { type HubSite, hubSite, type SiteTenant } from '../support/hub-site.js';
import { pageVisitor } from './page-visitor.js';

const PAGE = '/t/contoso/members';

/** The types of the events in a tenant's stream, with their data. */
const historyOf = (site: HubSite, { tenantId }: SiteTenant) =>
  site.builder.log.events
    .filter(({ stream }) => parseStream(stream)?.id === tenantId)
    .map(({ type, data, metadata }) => ({ type, data, metadata }));

t.test('an owner adds, changes and removes members', async (t) => {
  const site = await hubSite(t);
  const tenant = await site.tenant('contoso', 'Contoso');
  const { persons } = tenant;
  const owner = await pageVisitor(site, persons.owner);
  const last = () => historyOf(site, tenant).at(-1);

  t.test('by issuer and subject, before the first sign-in', async (t) => {
    const added = await owner.post(`${PAGE}/add`, {
      issuer: 'https://login.example.test',
      subject: 'ada',
      name: 'Ada <b>of</b> “Example”',
      role: 'operator',
    });
    t.equal(added.statusCode, 303, added.body);
    t.equal(added.headers.location, PAGE);
    const ada = await site.database.db
      .selectFrom('opsledger.persons')
      .selectAll()
      .where('subject', '=', 'ada')
      .executeTakeFirstOrThrow();
    t.match(last(), {
      type: 'MemberAdded',
      data: { personId: ada.person_id, role: 'operator' },
      metadata: { actorKind: 'member', actorId: persons.owner },
    });
    const { body } = await owner.get(PAGE);
    t.match(body, 'Ada &lt;b&gt;of&lt;/b&gt; “Example”', 'shown as text');
    t.equal((await (await pageVisitor(site, ada.person_id)).get(PAGE)).statusCode, 200, 'and has the role');

    t.test('an invitation does not rename a known person', async (t) => {
      const other = await site.tenant('fabrikam');
      const foreign = await pageVisitor(site, other.persons.owner);
      const again = { issuer: 'https://login.example.test', subject: 'ada', name: 'Eve', role: 'readonly' };
      t.equal((await foreign.post('/t/fabrikam/members/add', again)).statusCode, 303);
      const names = await site.database.db
        .selectFrom('opsledger.persons')
        .select('display_name')
        .where('subject', '=', 'ada')
        .execute();
      t.same(names, [{ display_name: 'Ada <b>of</b> “Example”' }]);
    });
  });

  t.test('by the code of somebody who has signed in', async (t) => {
    const known = (await site.tenant('northwind')).persons.readonly;
    t.equal((await owner.post(`${PAGE}/add`, { person: known, role: 'manager' })).statusCode, 303);
    t.match(last(), { type: 'MemberAdded', data: { personId: known, role: 'manager' } });
    const twice = await owner.post(`${PAGE}/add`, { person: known, role: 'owner' });
    t.equal(twice.statusCode, 409);
    t.match(twice.body, 'This person is manager here already');
    t.match(twice.body, `href="${PAGE}"`, 'with the way back');
    const nobody = await owner.post(`${PAGE}/add`, {
      person: '00000000-0000-4000-8000-000000000000',
      role: 'owner',
    });
    t.equal(nobody.statusCode, 400);
    t.match(nobody.body, 'No person has this code');
    t.equal((await owner.post(`${PAGE}/add`, { role: 'owner' })).statusCode, 400, 'a person must be chosen');
    t.equal((await owner.post(`${PAGE}/add`, { person: known, role: 'emperor' })).statusCode, 400);
  });

  t.test('a role is changed, and an outdated form changes nothing', async (t) => {
    const form = { person: persons.operator, role: 'manager', shownRole: 'operator' };
    t.equal((await owner.post(`${PAGE}/role`, form)).statusCode, 303);
    t.match(last(), {
      type: 'MemberRoleChanged',
      data: { personId: persons.operator, role: 'manager', roleBefore: 'operator' },
    });
    const outdated = await owner.post(`${PAGE}/role`, { ...form, role: 'readonly' });
    t.equal(outdated.statusCode, 409);
    t.match(outdated.body, 'This person is manager here already');
  });

  t.test('a removed member loses access at once', async (t) => {
    const leaving = await pageVisitor(site, persons.readonly);
    t.equal((await leaving.get(PAGE)).statusCode, 200);
    t.equal((await owner.post(`${PAGE}/remove`, { person: persons.readonly })).statusCode, 303);
    t.match(last(), { type: 'MemberRemoved', data: { personId: persons.readonly } });
    t.equal((await leaving.get(PAGE)).statusCode, 403);
    t.match((await leaving.get('/tenants')).body, persons.readonly, 'and reads their code');
    const gone = { person: persons.readonly, role: 'owner', shownRole: 'readonly' };
    const late = await owner.post(`${PAGE}/role`, gone);
    t.equal(late.statusCode, 409, 'a form from before does not bring them back');
    t.match(late.body, 'not a member any more');
  });

  t.test('access from outside is granted and revoked', async (t) => {
    const auditor = await pageVisitor(site, persons.auditor);
    t.equal((await auditor.get('/t/contoso/operations')).statusCode, 200);
    const revoked = await owner.post(`${PAGE}/revoke`, { person: persons.auditor, role: 'auditor' });
    t.equal(revoked.statusCode, 303);
    t.match(last(), { type: 'AccessRevoked', data: { personId: persons.auditor, role: 'auditor' } });
    t.equal((await auditor.get('/t/contoso/operations')).statusCode, 403);
    t.equal((await owner.post(`${PAGE}/add`, { person: persons.auditor, role: 'auditor' })).statusCode, 303);
    t.match(last(), { type: 'AccessGranted', data: { personId: persons.auditor, role: 'auditor' } });
    t.equal((await auditor.get('/t/contoso/operations')).statusCode, 200);
  });

  t.test('the last owner stays', async (t) => {
    const page = await owner.get(PAGE);
    t.match(page.body, 'This is the last owner; make somebody else an owner first.');
    const before = historyOf(site, tenant).length;
    const removing = await owner.post(`${PAGE}/remove`, { person: persons.owner });
    t.equal(removing.statusCode, 409);
    t.match(removing.body, 'This is the last owner');
    const stepping = { person: persons.owner, role: 'readonly', shownRole: 'owner' };
    t.equal((await owner.post(`${PAGE}/role`, stepping)).statusCode, 409);
    t.equal(historyOf(site, tenant).length, before, 'nothing was written');
  });

  t.test('with a second owner the first can leave and is redirected', async (t) => {
    const second = { person: persons.manager, role: 'owner', shownRole: 'manager' };
    t.equal((await owner.post(`${PAGE}/role`, second)).statusCode, 303);
    const left = await owner.post(`${PAGE}/remove`, { person: persons.owner });
    t.equal(left.headers.location, '/tenants');
    t.equal((await owner.get(PAGE)).statusCode, 403);
  });
});

t.test('when two owners remove each other at once, one remains', async (t) => {
  const site = await hubSite(t);
  const tenant = await site.tenant('contoso');
  const { owner, manager } = tenant.persons;
  const one = await pageVisitor(site, owner);
  await one.post(`${PAGE}/role`, { person: manager, role: 'owner', shownRole: 'manager' });
  const other = await pageVisitor(site, manager);
  const answers = await Promise.all([
    one.post(`${PAGE}/remove`, { person: manager }),
    other.post(`${PAGE}/remove`, { person: owner }),
  ]);
  const statuses = answers.map(({ statusCode }) => statusCode).sort();
  t.ok(statuses[0] === 303 && (statuses[1] === 409 || statuses[1] === 403), String(statuses));
  const removed = historyOf(site, tenant).filter(({ type }) => type === 'MemberRemoved');
  t.equal(removed.length, 1);
});

t.test('other members see the page and why they can’t change it', async (t) => {
  const site = await hubSite(t);
  const { persons } = await site.tenant('contoso');
  await site.settle();
  for (const role of ['manager', 'operator', 'readonly'] as const) {
    const visitor = await pageVisitor(site, persons[role]);
    const { body } = await visitor.get(PAGE);
    t.match(body, `Your role here is ${role}; an owner can change this.`);
    const main = /<main[\s\S]*<\/main>/.exec(body)?.[0] ?? '';
    const outside = main.replace(/<fieldset disabled[\s\S]*?<\/fieldset>/g, '');
    const buttons = outside.match(/<button[^>]*>/g) ?? [];
    t.ok(buttons.length > 5);
    t.same(
      buttons.filter((button) => !/ disabled aria-describedby="members-reason"/.test(button)),
      [],
      'each is disabled and says why',
    );
    t.match(body, /<fieldset disabled/);
    t.equal((await visitor.post(`${PAGE}/remove`, { person: persons.readonly })).statusCode, 403);
  }
});

t.test('a form without its session’s token changes nothing', async (t) => {
  const site = await hubSite(t);
  const { persons } = await site.tenant('contoso');
  const owner = await pageVisitor(site, persons.owner);
  for (const [act, form] of Object.entries({
    add: { person: persons.support, role: 'owner' },
    role: { person: persons.manager, role: 'owner', shownRole: 'manager' },
    remove: { person: persons.manager },
    revoke: { person: persons.auditor, role: 'auditor' },
  })) {
    const before = site.head();
    t.equal((await owner.post(`${PAGE}/${act}`, form, 'forged')).statusCode, 403, act);
    t.equal(site.head(), before, act);
  }
});

t.test('a tenant with more members than fit on a page loses none of them', async (t) => {
  const site = await hubSite(t);
  const { tenantId, persons } = await site.tenant('contoso', 'Contoso');
  const { chance } = site.builder;
  const added = Array.from({ length: 620 }, (_, index) => ({
    personId: chance.uuid(),
    subject: `p${index}`,
  }));
  await site.database.db
    .insertInto('opsledger.persons')
    .values(
      added.map(({ personId, subject }) => ({
        person_id: personId,
        issuer: 'test',
        subject,
        display_name: `Person ${subject}`,
        email: null,
      })),
    )
    .execute();
  await site.builder.append(
    tenantStream(tenantId),
    added.map(({ personId }) => ({ type: 'MemberAdded', data: { personId, role: 'operator' } })),
    { tenantId },
  );
  await site.settle();
  const owner = await pageVisitor(site, persons.owner);
  const seen: string[] = [];
  for (let path: string | undefined = PAGE; path !== undefined; ) {
    const { statusCode, body } = await owner.get(path);
    t.equal(statusCode, 200, path);
    seen.push(...[...body.matchAll(/<td role="cell">(Person p\d+)/g)].map(([, name]) => name ?? ''));
    const next = /<a href="(members[^"]+)" rel="next"/.exec(body)?.[1];
    path = next && `/t/contoso/${next.replaceAll('&amp;', '&')}`;
  }
  t.equal(seen.length, added.length);
  t.equal(new Set(seen).size, added.length);
});
