import t from 'tap';
import { dueTimesEntity } from '../../../src/entities/schedule/due-times.js';
import { type ScheduleSettings, scheduleEntity } from '../../../src/entities/schedule/schedule.js';
import { tenantStream } from '../../../src/tenancy/tenant-events.js';
import { writeScenario } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { pageVisitor } from '../page-visitor.js';

const form = (more: object = {}) => ({
  formId: '11111111-1111-4111-8111-111111111111',
  name: 'Weekdays',
  cron: '30 6 * * mon-fri',
  zone: 'Europe/Berlin',
  missed: 'skip',
  policyTypes: ['deviceConfigurations', 'mobileApps'],
  ...more,
});
const sectionOf = (html: string, from: string) => html.slice(html.indexOf(from));

t.test('schedules on their pages', async (t) => {
  const site = await hubSite(t);
  const { tenant, schedule, failed } = await writeScenario(site, 'contoso', 'Contoso');
  const operator = await pageVisitor(site, tenant.persons.operator);
  const reader = await pageVisitor(site, tenant.persons.readonly);
  const base = '/t/contoso/schedules';
  const events = (id: string) =>
    site.builder.log.events.filter(({ stream }) => stream === scheduleEntity.stream(tenant.tenantId, id));
  let made = '';

  await t.test('errors are shown beside their fields, and nothing typed is lost', async (t) => {
    const wrong = {
      name: '',
      cron: '* * * * *',
      zone: 'Mars/Olympus',
      policyTypes: ['mobileApps', 'nothing'],
    };
    const answer = await operator.post(`${base}/new/inventory.sync`, form(wrong));
    t.equal(answer.statusCode, 400);
    for (const sentence of [
      /id="error-cron">.*leave 15 minutes at least/s,
      /id="error-name">.*may not be empty|id="error-name">.*needs a name/s,
      /id="error-zone">.*no such time zone/s,
      /id="error-policyTypes">.*is not a policy type/s,
    ])
      t.match(answer.body, sentence);
    t.match(answer.body, /name="cron" value="\* \* \* \* \*"/);
    t.match(answer.body, /value="mobileApps" checked/);
    const tagged = await operator.post(`${base}/new/inventory.sync`, form({ name: '<b>Nights</b>' }));
    t.match(tagged.body, /id="error-name">.*without HTML tags/s);
    t.match(tagged.body, /name="name" value="&lt;b&gt;Nights&lt;\/b&gt;"/);
    const often = await operator.post(`${base}/new/inventory.sync`, form({ cron: '* * * * *' }));
    t.match(often.body, /id="error-cron">.*leave 15 minutes at least/s);
    const never = await operator.post(`${base}/new/inventory.sync`, form({ cron: '0 2 30 2 *' }));
    t.match(never.body, /id="error-cron">.*never comes/s);
    t.equal((await operator.get(`${base}/new/connection.check`)).statusCode, 404, 'it can’t be scheduled');
  });

  await t.test('it is made once, and shows in words what it starts and when', async (t) => {
    const [answer, again] = await Promise.all(
      [1, 2].map(() => operator.post(`${base}/new/inventory.sync`, form())),
    );
    t.equal(answer?.statusCode, 303);
    made = String(answer?.headers.location).replace(`${base}/`, '');
    t.equal(again?.headers.location, answer?.headers.location);
    t.equal(events(made).length, 1);
    t.match(events(made)[0], {
      data: { given: { policyTypes: ['deviceConfigurations', 'mobileApps'] }, cron: '30 6 * * mon-fri' },
      metadata: { actorKind: 'member', actorId: tenant.persons.operator },
    });
    await site.settle();
    const page = (await operator.get(`${base}/${made}`)).body;
    t.match(page, 'at 06:30, Monday through Friday Europe/Berlin');
    t.match(page, /Inventory of .* and /);
    t.equal(page.match(/<li><span><time/g)?.length, 5, 'the next five times');
    t.match(page, /Skipped: the next run is at the next time/);
    t.match((await operator.get(base)).body, /Weekdays/);
  });

  await t.test('a start by hand is the same as at its due times', async (t) => {
    const page = (await operator.get(`${base}/${made}`)).body;
    t.match(page, new RegExp(`action="${base}/${made}/start"[^]*?<button type="submit">Start now`));
    const [answer, again] = await Promise.all([1, 2].map(() => operator.post(`${base}/${made}/start`, {})));
    t.match(answer?.headers.location, /\/runs\/[0-9a-f]{32}-0/);
    t.equal(
      again?.headers.location?.slice(0, 50),
      answer?.headers.location?.slice(0, 50),
      'two clicks, one run',
    );
    const queued = site.builder.log.events.filter(({ type }) => type === 'RunQueued').at(-1);
    t.match(queued?.data, {
      type: 'inventory.sync',
      initiator: { kind: 'member', personId: tenant.persons.operator },
      context: { selection: { policyTypes: ['deviceConfigurations', 'mobileApps'] } },
    });
    t.equal((await reader.post(`${base}/${made}/start`, {})).statusCode, 403);
    const byHand = (since = 0) =>
      site.builder.log.events.filter(({ type }) => type === 'ScheduleStartedByHand').slice(since);
    t.match(byHand(), [
      {
        stream: dueTimesEntity.stream(tenant.tenantId, made),
        data: { initiator: { kind: 'member', personId: tenant.persons.operator }, joined: false },
        metadata: { actorKind: 'member', actorId: tenant.persons.operator },
      },
    ]);
    t.equal(byHand().length, 1, 'two clicks are recorded once');
    const manager = await pageVisitor(site, tenant.persons.manager);
    await manager.post(`${base}/${made}/start`, {});
    t.match(byHand(1), [{ data: { joined: true, initiator: { personId: tenant.persons.manager } } }]);
    await site.settle();
    const started = sectionOf((await reader.get(`${base}/${made}`)).body, 'id="last-times"');
    t.match(started, /was active already, asked for by \w+.*started by hand by \w+/s);
    t.notMatch(started, /a former member/);
    t.match(started, /href="[^"]*\/runs\/[0-9a-f]{32}-0"/);
  });

  await t.test('everybody who asks for a backup in one minute is listed, and each once', async (t) => {
    const backups = form({ formId: '22222222-2222-4222-8222-222222222222', cron: '0 0 31 * *', keep: '3' });
    const { headers } = await operator.post(`${base}/new/backup_schedule.run`, backups);
    const page = String(headers.location);
    const manager = await pageVisitor(site, tenant.persons.manager);
    const runs = [];
    for (const person of [operator, manager, operator])
      runs.push((await person.post(`${page}/start`, {})).headers.location?.replace(/\?.*/, ''));
    t.equal(new Set(runs).size, 1, 'one run');
    await site.settle();
    const times = sectionOf((await reader.get(page)).body, 'id="last-times"').replace(/\s+/g, ' ');
    t.match(times, /by hand by Operator of Contoso<.*also asked for by Manager of Contoso</);
    t.equal(times.match(/(Operator|Manager) of Contoso/g)?.length, 2);
    await operator.post(`${page}/remove`, {});
  });

  await t.test('it is changed, paused with a reason, resumed and removed', async (t) => {
    const act = (name: string, fields: Record<string, string> = {}) =>
      operator.post(`${base}/${made}/${name}`, fields);
    const changed = { name: 'Nights', cron: '30 2 * * *', zone: 'Europe/Berlin', missed: 'make_up_once' };
    t.equal((await act('change', { ...changed, cron: 'never' })).statusCode, 400);
    t.equal((await act('change', changed)).statusCode, 303);
    t.match((await act('pause', { reason: ' ' })).body, /needs a reason/);
    t.equal(
      (await act('pause', { reason: 'Mail max@contoso.com when the tenant is moved' })).statusCode,
      303,
    );
    await site.settle();
    const paused = (await operator.get(`${base}/${made}`)).body;
    t.match(paused, /Paused: Mail\s*<span class="chip"/, 'what a person typed is sanitized');
    t.notMatch(paused, /<h2 id="next-times">/);
    t.equal((await act('resume')).statusCode, 303);
    t.equal((await act('remove')).statusCode, 303);
    await site.settle();
    t.notMatch((await operator.get(base)).body, /Nights/);
    t.match((await operator.get(`${base}/${made}`)).body, /was removed and starts no more runs/);
    for (const name of ['change', 'start'])
      t.match((await act(name, changed)).body, /was removed. Make a new one/);
    t.strictSame(
      events(made).map(({ type }) => type),
      ['ScheduleSet', 'ScheduleSet', 'SchedulePaused', 'ScheduleResumed', 'ScheduleRemoved'],
    );
  });

  await t.test('it shows the result of each due time, and what is overdue', async (t) => {
    const page = (await operator.get(`${base}/${schedule}`)).body;
    const came = sectionOf(page, 'id="last-times"');
    t.match(came, /Not started.*Not connected to Graph/s, 'a refused start is not lost');
    t.match(came, new RegExp(`/runs/${failed}.*made up for`, 's'));
    t.match(came, /3 times missed/);
    t.match(page, /Silent: due .* ago, and nothing was started/, 'the scenario ended months ago');
    for (const at of ['/t/contoso/health', '/tenants'])
      t.match((await operator.get(at)).body, /Nightly inventory|1 schedule silent/, at);
    await site.builder.append(
      scheduleEntity.stream(tenant.tenantId, schedule),
      [{ type: 'SchedulePaused', data: { reason: 'Holidays' } }],
      { tenantId: tenant.tenantId },
    );
    await site.settle();
    t.notMatch((await operator.get('/tenants')).body, /schedule silent/);
    t.notMatch((await operator.get(`${base}/${schedule}`)).body, /Silent: due/);
  });

  await t.test('a schedule that can start nothing says why', async (t) => {
    const adatum = await site.tenant('adatum', 'Adatum');
    const by = { tenantId: adatum.tenantId };
    const removed = { type: 'GraphConnectionRemoved', data: {} } as const;
    await site.builder.append(tenantStream(adatum.tenantId), [removed], by);
    const stream = scheduleEntity.stream(adatum.tenantId, schedule.replace(/^./, '0'));
    const [nightly] = events(schedule);
    const set = async (more: Partial<ScheduleSettings>) => {
      const data = { ...(nightly?.data as ScheduleSettings), ...more };
      await site.builder.append(stream, [{ type: 'ScheduleSet', data }], by);
      await site.settle();
      const visitor = await pageVisitor(site, adatum.persons.operator);
      const list = (await visitor.get('/t/adatum/schedules')).body;
      const href = /href="([^"]+)"[^>]*>Nightly inventory/.exec(list)?.[1] ?? '';
      return { list, page: (await visitor.get(href)).body };
    };
    const unconnected = await set({});
    t.match(unconnected.list, /nothing while the tenant has no connection/);
    t.match(unconnected.page, /At its times nothing is started: This tenant has no connection/);
    const unreadable = await set({ zone: 'Mars/Olympus' });
    for (const body of [unreadable.list, unreadable.page])
      t.match(body, /Starts nothing: There is no such time zone/);
  });

  await t.test('a role that may not change schedules sees the reason', async (t) => {
    for (const page of [base, `${base}/new/inventory.sync`, `${base}/${schedule}`])
      t.match((await reader.get(page)).body, /Your role here is readonly; an operator can do this/, page);
    t.equal((await reader.post(`${base}/${schedule}/resume`, {})).statusCode, 403);
  });

  await t.test('times are paged', async (t) => {
    const drafts = Array.from({ length: 60 }, (_, index) => ({
      type: 'DueTimeStarted' as const,
      data: {
        dueAt: new Date(Date.UTC(2026, 1, 1 + index)).toISOString(),
        runId: failed,
        joined: index === 59,
      },
    }));
    const stream = dueTimesEntity.stream(tenant.tenantId, schedule);
    await site.builder.append(stream, drafts, { tenantId: tenant.tenantId });
    await site.settle();
    const first = (await operator.get(`${base}/${schedule}`)).body;
    t.match(first, /was active already/);
    const older = /href="([^"]+before=\d+)"/.exec(first)?.[1] ?? '';
    const second = (await operator.get(older)).body;
    t.equal(sectionOf(second, 'id="last-times"').match(/data-row/g)?.length, 60 + 3 - 50);
  });

  await t.test('a schedule of something that can’t be started any more says so', async (t) => {
    const [set] = events(schedule);
    const data = { ...(set?.data as ScheduleSettings), given: { policyTypes: 7 } };
    const stream = scheduleEntity.stream(tenant.tenantId, schedule);
    await site.builder.append(stream, [{ type: 'ScheduleSet', data }], { tenantId: tenant.tenantId });
    const { body } = await operator.post(`${base}/${schedule}/start`, {});
    t.match(body, /not valid any more\. Change the schedule/);
  });
});
