import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import t from 'tap';
import { removeEndedExports } from '../../../src/db/export-files.js';
import { hubSite } from '../../support/hub-site.js';
import { writtenExport } from '../../support/written-export.js';
import { pageVisitor } from '../page-visitor.js';

/**
 * Goal: a reader with the right gets exactly the bytes of an export until it expires, each time after an audit entry,
 * and nobody else gets any. Method: the whole web on a real database; the file is larger than what sockets buffer.
 */
const CONTENT = Buffer.from(Array.from({ length: 3_500_000 }, (_, n) => (n * 7) % 251));

const site = await hubSite(t);
const { tenantId, persons } = await site.tenant('contoso', 'Contoso');
const other = await site.tenant('fabrikam', 'Fabrikam');
const operator = await pageVisitor(site, persons.operator);
const reader = await pageVisitor(site, persons.readonly);
const runId = await writtenExport(site, tenantId, { personId: persons.operator, content: CONTENT });
const file = `/t/contoso/exports/${runId}/download`;
const downloads = () => site.builder.log.events.filter(({ type }) => type === 'ExportDownloaded');
/** The input of the run that was started last. */
const started = () => {
  const queued = site.builder.log.events.filter(({ type }) => type === 'RunQueued').at(-1);
  return (queued?.data as { input: object } | undefined)?.input;
};
const api = (token: string) =>
  site.app.inject({
    url: `/api/v1/runs/${runId}/export`,
    headers: { authorization: `Bearer ${token}` },
  });

t.test(
  'the list shows size, policies, person and expiry; a role without the right sees the reason',
  async (t) => {
    const { body } = await operator.get('/t/contoso/exports');
    for (const words of ['Export of 2 policies', '1 missing', '3.5 MB', 'Operator of Contoso', file])
      t.match(body, words);
    t.match(body, 'Download contoso-policies-20260503-0705.zip');
    const denied = (await reader.get('/t/contoso/exports')).body;
    t.notMatch(denied, file);
    t.match(denied, /<button type="button" disabled aria-describedby="download-reason">Download/);
    t.match(denied, 'Your role here is readonly; an operator can download this.');
    t.match((await operator.get(`/t/contoso/runs/${runId}`)).body, 'Export of 2 policies');
    t.match((await operator.get(`/t/contoso/exports?run=${runId}`)).body, 'All exports');
  },
);

t.test('a download is exactly the file, and is recorded in the audit log', async (t) => {
  const before = downloads().length;
  const answer = await operator.get(file);
  t.equal(answer.statusCode, 200);
  t.equal(answer.headers['content-type'], 'application/zip');
  t.equal(answer.headers['content-length'], String(CONTENT.length));
  t.equal(answer.headers['content-disposition'], 'attachment; filename="contoso-policies-20260503-0705.zip"');
  t.equal(answer.headers['content-encoding'], undefined);
  t.match(answer.headers['cache-control'], /no-store/);
  t.ok(answer.rawPayload.equals(CONTENT));
  t.equal(downloads().length, before + 1);
  t.match(downloads().at(-1)?.data, { what: 'policies', format: 'zip', subject: runId, rows: 2 });
});

t.test('other requests get no byte, and no download is recorded', async (t) => {
  const before = downloads().length;
  t.equal((await reader.get(file)).statusCode, 403);
  const stranger = await pageVisitor(site, other.persons.owner);
  t.equal((await stranger.get(file)).statusCode, 403);
  t.equal((await stranger.get(`/t/fabrikam/exports/${runId}/download`)).statusCode, 403);
  t.equal((await site.app.inject({ url: file })).statusCode, 303, 'to sign-in');
  t.equal((await operator.get(`/t/contoso/exports/${'f'.repeat(32)}-0/download`)).statusCode, 404);
  t.equal((await api(await site.issueToken(tenantId, 'starter', ['runs.start']))).statusCode, 403);
  t.equal(
    (await api(await site.issueToken(other.tenantId, 'foreign', ['exports.download']))).statusCode,
    403,
  );
  t.equal(downloads().length, before);
});

t.test('a token with the capability downloads over the API', async (t) => {
  const before = downloads().length;
  const answer = await api(await site.issueToken(tenantId, 'archiver', ['exports.download']));
  t.ok(answer.rawPayload.equals(CONTENT));
  t.equal(downloads().length, before + 1);
});

t.test('a client that stops reading delays no other, and a second download is complete', async (t) => {
  await site.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = site.app.server.address() as AddressInfo;
  const headers = { cookie: await site.cookieOf(persons.operator) };
  const ask = async () => {
    const request = http.get({ host: '127.0.0.1', port, path: file, headers, agent: false });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return { request, response };
  };
  const stalled = await Promise.all(Array.from({ length: 12 }, ask));
  for (const { response } of stalled) response.pause();
  const { response } = await ask();
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  t.ok(Buffer.concat(chunks).equals(CONTENT));
  t.match(
    (await operator.get('/t/contoso/exports')).statusCode,
    200,
    'no connection of the database is held',
  );
  for (const { request } of stalled) request.destroy();
});

t.test('an expired export is answered with a sentence, and no download is recorded', async (t) => {
  const before = downloads().length;
  await sql`update opsledger.export_files set ends_at = now() where finished_at is not null`.execute(
    site.database.db,
  );
  const [atEnd, removed] = [await operator.get(file), await removeEndedExports(site.database.db)];
  t.equal(removed, 1);
  for (const answer of [atEnd, await operator.get(file)]) {
    t.equal(answer.statusCode, 410);
    t.match(answer.body, /This export could be downloaded until .*its file has been removed/);
  }
  const token = await site.issueToken(tenantId, 'late', ['exports.download']);
  t.match(JSON.parse((await api(token)).body), { error: { code: 'ended' } });
  t.equal(downloads().length, before);
  const again = await operator.post(`/t/contoso/exports/${runId}/again`, {});
  t.match(again.headers.location, /\/runs\/[0-9a-f]{32}-0/, 'what was exported is exported again');
  t.same(started(), { source: { from: 'graph', policies: { from: 'tenant' } } });
});

t.test('a form starts an export of what its page shows, and says what is missing', async (t) => {
  const one = await operator.post('/t/contoso/exports/start', {
    policyType: 'deviceConfigurations',
    policyId: '0b0b0b0b-0000-4000-8000-000000000001',
  });
  t.equal(one.statusCode, 303);
  const nothing = await operator.post('/t/contoso/exports/start', {});
  t.equal(nothing.statusCode, 400);
  t.match(nothing.body, 'tick policies, or export all of them');
  const key = 'a'.repeat(32);
  for (const fields of [{ policy: key }, { policy: key, version: '1' }])
    t.equal((await operator.post('/t/contoso/exports/start', fields)).statusCode, 404);
  const unknown = await operator.post('/t/contoso/exports/start', { backupSet: tenantId });
  t.equal(unknown.statusCode, 409);
  t.match(unknown.body, 'This tenant has no such backup set');
  const everything = await operator.post('/t/contoso/exports/start', {
    what: 'tenant',
    policyTypes: ['intents'],
  });
  t.equal(everything.statusCode, 303);
  t.match(started(), { source: { from: 'graph', policies: { from: 'tenant', policyTypes: ['intents'] } } });
  t.equal((await reader.post('/t/contoso/exports/start', {})).statusCode, 403);
});
