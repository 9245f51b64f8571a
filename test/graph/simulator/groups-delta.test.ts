import t from 'tap';
import { GraphError, isResyncRequired } from '../../../src/graph/client/graph-error.js';
import { startGraphSimulator } from '../../../src/graph/simulator/start-graph-simulator.js';
import { collected, failsWith, simulatorAndClient } from '../simulator-and-client.js';

const group = (index: number) => ({
  id: `g${index}`,
  displayName: `Group ${index}`,
  description: 'as it was',
});
const content = new Map([['groups', Array.from({ length: 120 }, (_, index) => group(index))]]);

t.test('the first read repeats an entry, has an empty page, and ends with a delta link', async (t) => {
  const { simulator, client, clock } = await simulatorAndClient(t, { content });
  const pages = await collected(client.pages('groups/delta?$select=id,displayName'));
  t.same(
    pages.map((page) => [page.rows.length, page.nextLink === null, page.deltaLink === null]),
    [
      [100, false, true],
      [21, false, true],
      [0, true, false],
    ],
  );
  t.equal(pages[1]?.rows[0]?.id, pages[0]?.rows.at(-1)?.id);
  t.same(Object.keys(pages[0]?.rows[0] ?? {}), ['id', 'displayName']);
  const link = pages.at(-1)?.deltaLink ?? '';

  const state = simulator.tenants()[0]?.state;
  state?.remove('groups', 'g7');
  state?.put('groups', { ...group(8), displayName: 'Renamed', description: 'not selected' });
  state?.put('groups', { ...group(9), description: 'not selected' });
  state?.remove('groups', 'g10');
  state?.put('groups', group(10));
  const [changes] = await collected(client.pages(link));
  t.same(changes?.rows, [
    { id: 'g7', '@removed': { reason: 'changed' } },
    { id: 'g8', displayName: 'Renamed' },
    { id: 'g9' },
    { id: 'g10', '@removed': { reason: 'changed' } },
    { id: 'g10', displayName: 'Group 10' },
  ]);

  await clock.sleep(8 * 24 * 3_600_000);
  await failsWith(t, collected(client.pages(link)), { status: 410, code: 'syncStateNotFound' });
  const again = await startGraphSimulator({ source: { content } });
  t.teardown(() => again.stop());
  const { pathname, search } = new URL(link);
  const headers = { authorization: 'Bearer a-token' };
  t.equal((await fetch(`${again.url}${pathname}${search}`, { headers })).status, 410, 'started again');
  const found = await collected(client.pages("groups?$filter=startswith(displayName,'group 11')"));
  t.equal(found.flatMap((page) => page.rows).length, 11);
});

t.test('a delta token that Graph no longer knows is recognised among refusals', (t) => {
  const refused = (status: number, code: string) =>
    isResyncRequired(
      new GraphError({ problem: 'status', method: 'GET', path: 'groups/delta', status, code }),
    );
  t.ok(refused(410, 'Gone'));
  t.ok(refused(400, 'syncStateNotFound'));
  t.ok(refused(400, 'resyncRequired'));
  t.notOk(refused(400, 'BadRequest'));
  t.notOk(refused(404, 'syncStateNotFound'));
  t.ok(isResyncRequired(new GraphError({ problem: 'foreign_link', method: 'GET', path: '(elsewhere)' })));
  t.end();
});
