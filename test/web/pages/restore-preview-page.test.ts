import t from 'tap';
import { mappingEntity } from '../../../src/entities/mapping/mapping.js';
import { undoSetIdOf } from '../../../src/operations/restore-execute/undo-set-id.js';
import { evidenceWith } from '../../support/finding-builder.js';
import { itemOf } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import {
  ONE_OF_EACH,
  plannedWith,
  writeEndedRestore,
  writePreview,
  writeRestore,
} from '../../support/preview-builder.js';
import { pageVisitor } from '../page-visitor.js';

const MANY = 250;
const mainOf = (html: string) =>
  html
    .slice(html.indexOf('<main'), html.indexOf('</main>'))
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');
const namesIn = (html: string) =>
  [...html.matchAll(/<a class="row-link"[^>]*>([^<]+)<\/a> <span class="muted">/g)].map(([, name]) => name);

/** Changed policies, each with another difference. */
const manyChanged = () =>
  Array.from({ length: MANY }, (_, n) =>
    plannedWith({
      itemId: String(n).padStart(32, '0'),
      name: `Policy ${n}`,
      writes: 2,
      evidence: evidenceWith({ settingsAdded: [{ path: 'pin', label: null, values: [String(n)] }] }),
    }),
  );

/** `MANY` policies that one unknown group blocks, `MANY` that are left, and one that refers to another restored one. */
const manyOfOneKind = () => {
  const [blocked] = ONE_OF_EACH.filter(({ action }) => action === 'blocked');
  const reference = { kind: 'certificate', id: 'ROOT', name: 'Corp root CA', nameHash: null, becomes: null };
  const limit = { kind: 'computed', field: 'x', blocks: false };
  return [
    ...Array.from({ length: MANY }, (_, n) => ({
      ...(blocked ?? plannedWith({ itemId: '' })),
      itemId: `b${String(n).padStart(31, '0')}`,
    })),
    ...Array.from({ length: MANY }, (_, n) =>
      plannedWith({ itemId: `c${String(n).padStart(31, '0')}`, action: 'leave', writes: 0 }),
    ),
    plannedWith({ itemId: 'd'.repeat(32), action: 'create', policyId: 'root', name: 'Corp root CA' }),
    plannedWith({
      itemId: 'e'.repeat(32),
      action: 'create',
      name: 'Wi-Fi',
      references: [{ ...reference, resolution: 'restored_before' }],
      limits: [{ ...limit, reason: 'Graph doesn’t take “x” from a client, so it isn’t set as it was.' }],
    }),
  ];
};

t.test('the pages of a restore preview', async (t) => {
  const site = await hubSite(t);
  const contoso = await site.tenant('contoso', 'Contoso');
  const fabrikam = await site.tenant('fabrikam', 'Fabrikam');
  const preview = await writePreview(site, contoso.tenantId);
  const large = await writePreview(site, contoso.tenantId, manyChanged());
  const uniform = await writePreview(site, contoso.tenantId, manyOfOneKind(), {
    notPlanned: Array.from({ length: 4 }, (_, n) =>
      itemOf(`Unread ${n}`, 'failed', `Graph answered 403: request ${n}`),
    ),
  });
  const foreign = await writePreview(site, fabrikam.tenantId);
  const restored = await writeRestore(site, contoso.tenantId, preview);
  const endedEarly = await writeEndedRestore(site, contoso.tenantId, preview);
  await site.settle();
  const reader = await pageVisitor(site, contoso.persons.readonly);
  const page = async (path: string) => reader.get(`/t/contoso/restores${path}`);

  await t.test('policies that need attention come first, and each action has its number', async (t) => {
    const { body } = await page(`/${preview}`);
    t.same(
      namesIn(body).map((name) => name?.replace('Win - OIB - ', '')),
      ['blocked', 'ambiguous', 'recreated', 'update', 'create', 'not_supported', 'leave'],
    );
    t.match(mainOf(body), /7 policies ; a restore would send 6 writes, less than a minute: Graph allows 100/);
    t.match(mainOf(body), /All 7 Blocked 1 Ambiguous 1 Re-created 1 Update 1 Create 1 Not supported 1/);
    t.match(mainOf(body), 'It refers to a group that isn’t mapped', 'the reason of a blocked one');
    t.match(mainOf(body), /minimumpinlength 6 → now 8/, 'the first change of a changed one');
    t.match(
      mainOf(body),
      /able to lock people out: Win - OIB - recreated/,
      'what is in force at once, first',
    );
    t.match(
      mainOf(body),
      'Names of groups: the list was never read, that of filters never. Groups',
      'the age of the cache',
    );
    t.match(mainOf(body), 'and blocks the sign-in of all users');
    t.notMatch(mainOf(body), 'Not as it was: It is in force');
    const { body: created } = await page(`/${preview}?action=create`);
    t.same(namesIn(created), ['Win - OIB - create']);
    t.match(mainOf(created), 'so it would be created. It would be a second one of that name.');
  });

  await t.test('one policy with its difference, references and limits', async (t) => {
    const { body } = await page(`/${preview}`);
    const blocked = /href="([^"]+)"[^>]*>Win - OIB - blocked</.exec(body)?.[1] ?? '';
    const text = mainOf((await reader.get(blocked)).body);
    t.match(text, 'Blocks it: It refers to a group');
    t.match(text, 'Missing: group “SEC-Laptops-Berlin” g-1 is not known in this tenant; map it first');
    const changed = /href="([^"]+)"[^>]*>Win - OIB - update</.exec(body)?.[1] ?? '';
    t.match(mainOf((await reader.get(changed)).body), 'Settings changed 1');
    t.equal((await page(`/${preview}/nothing`)).statusCode, 404);
  });

  await t.test('a dry run and a live restore are offered to people who may start them', async (t) => {
    const { body } = await page(`/${preview}`);
    t.match(mainOf(body), 'Your role here is readonly; an operator can start this.');
    t.match(mainOf(body), 'Your role here is readonly; a manager can start this.');
    const operator = await pageVisitor(site, contoso.persons.operator);
    const live = await operator.post(`/t/contoso/restores/${preview}/live`, { tenantName: 'Contoso' });
    t.equal(live.statusCode, 403, 'an operator starts no live restore');
    const manager = await pageVisitor(site, contoso.persons.manager);
    const refused = await manager.post(`/t/contoso/restores/${preview}/live`, { tenantName: 'Contoso' });
    t.equal(refused.statusCode, 409);
    t.match(mainOf(refused.body), 'There is no such backup set', 'the log has no set of this preview');
  });

  await t.test('an outdated preview says why it can’t be carried out, and is previewed again', async (t) => {
    const manager = await pageVisitor(site, contoso.persons.manager);
    const old = mainOf((await manager.get(`/t/contoso/restores/${preview}`)).body);
    t.match(old, /Dry run Does everything .* Restore now This preview is older than a day\./, 'live alone');
    const changes = [{ kind: 'group', id: 'g-1', name: null, becomes: { id: 'g-2', name: null } }];
    await site.builder.append(
      mappingEntity.stream(contoso.tenantId, contoso.tenantId),
      [{ type: 'GroupMappingSet', data: { changes } }],
      { tenantId: contoso.tenantId },
    );
    await site.settle();
    const { body } = await manager.get(`/t/contoso/restores/${preview}`);
    t.equal(
      mainOf(body).match(/The map of groups, filters and tags was changed after this preview/g)?.length,
      2,
    );
    t.match(body, /<fieldset disabled aria-describedby="live-reason"/);
    t.match(body, /action="[^"]*\/mapping\/preview">.*Preview again/s);
  });

  await t.test('the result of a restore, with its requests and how to undo it', async (t) => {
    t.match(await page(`/${restored}`), { statusCode: 303 }, 'a restore has a page of its own');
    const { body } = await page(`/${restored}/result`);
    const text = mainOf(body);
    t.match(text, 'All 8 Restored 1 Failed 4 Left 3');
    t.match(
      text,
      /Failed Win - OIB - Refused policy .* Failed 3 policies .* Restored Win - OIB - Changed policy .* Left 3 policies/,
    );
    const audit = mainOf((await reader.get(`/t/contoso/audit?about=${restored}`)).body);
    t.match(audit, 'update “Win - OIB - Changed policy”: done', 'the audit log names the policy');
    t.match(text, 'Changed. difference of Win - OIB - Changed policy as it was before');
    t.match(text, /done PATCH deviceManagement\/configurationPolicies\/p .* request id/);
    t.match(text, 'validation_failed Graph answered 400 because of “platforms”');
    t.match(text, 'it is unknown whether it was carried out');
    t.match(body, `href="/t/contoso/restores/${preview}/${'a'.repeat(32)}"`, 'the difference');
    t.match(body, `href="/t/contoso/policies/${'a'.repeat(32)}/snapshots/3"`, 'the version before');
    t.match(body, `href="/t/contoso/audit?about=${restored}"`);
    t.match(
      body,
      `name="setId" value="${undoSetIdOf(restored)}"`,
      'the way back is a preview of what was there',
    );
    t.match(mainOf((await page(`/${restored}/result?outcome=failed`)).body), 'Refused policy');
    t.notMatch(mainOf((await page(`/${restored}/result?outcome=failed`)).body), 'Changed policy');
    t.equal((await page(`/${preview}/result`)).statusCode, 303);
  });

  await t.test('a restore that ended early says what it had written, and offers the way back', async (t) => {
    const { body } = await page(`/${endedEarly}/result`);
    const text = mainOf(body);
    t.match(text, 'It ended early: connection_replaced The tenant was connected to another directory');
    t.match(text, '5 policies were not reached and stay as they were.');
    t.match(text, /Begun, and not finished: .* Win - OIB - update .* done PATCH .* Win - OIB - create/);
    t.match(text, 'the restore ended before it knew; it may have been carried out PATCH');
    t.match(body, `name="setId" value="${undoSetIdOf(endedEarly)}"`);
  });

  await t.test('many policies in pages, each once', async (t) => {
    const seen: (string | undefined)[] = [];
    let url: string | undefined = `restores/${large}`;
    while (url) {
      const { body } = await reader.get(`/t/contoso/${url}`);
      seen.push(...namesIn(body));
      url = /rel="next" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
    }
    t.equal(seen.length, MANY);
    t.equal(new Set(seen).size, MANY);
    t.match(mainOf((await page(`/${large}`)).body), '500 writes, about 2 min');
  });

  await t.test('policies with the same result are one line, and problems come first', async (t) => {
    const { body } = await page(`/${uniform}`);
    const text = mainOf(body);
    t.match(text, `${MANY * 2 + 6} policies ; a restore would send`);
    t.match(text, '4 policies couldn’t be planned');
    t.match(
      [...text.matchAll(/(?<sign>Not planned|Blocked|Create|Leave) (?<number>\d+) policies/g)].map(
        ({ groups }) => [groups?.sign, groups?.number],
      ),
      [
        ['Not planned', '4'],
        ['Blocked', String(MANY)],
        ['Leave', String(MANY)],
      ],
    );
    t.match(text, /lacks a permission or licence/, 'what to do about the unplanned ones');
    t.match(text, 'Win - OIB - Unread 3 Settings catalog : Graph answered 403: request 3');
    t.match(text, 'Not known here: group SEC-Laptops-Berlin', 'which object blocks');
    t.match(
      text,
      'After Corp root CA , which it needs. Not as it was: Graph doesn’t take “x” from a client, so it isn’t set as it was.',
    );
    t.ok(Buffer.byteLength(body) < 300_000, `the page has ${Buffer.byteLength(body)} bytes`);
    const alone = mainOf((await page(`/${uniform}?action=not_planned`)).body);
    t.match(alone, 'Unread 2');
    t.notMatch(alone, 'Corp root CA');
  });

  await t.test('the duration of the last restore is beside the time that Graph’s limits allow', async (t) => {
    const { body } = await page(`/${preview}`);
    t.match(mainOf(body), /The last restore of this tenant wrote 1 policy in [\d.]+ m?s\./);
    t.match(body, `href="/t/contoso/restores/${restored}/result"`);
  });

  await t.test('the list of previews, the link of a run, and access', async (t) => {
    const { body } = await page('');
    t.match(mainOf(body), 'Restore preview of “Before the change”');
    t.equal((await page(`/${foreign}`)).statusCode, 403);
    t.equal((await page(`/${'0'.repeat(32)}-7`)).statusCode, 404);
    const start = await reader.post('/t/contoso/restores/preview', { setId: contoso.tenantId });
    t.equal(start.statusCode, 403, 'a readonly member starts nothing');
    const operator = await pageVisitor(site, contoso.persons.operator);
    const refused = await operator.post('/t/contoso/restores/preview', { setId: contoso.tenantId });
    t.equal(refused.statusCode, 409);
    t.match(mainOf(refused.body), 'Choose a backup set from the list');
  });
});
