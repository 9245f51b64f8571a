import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { connect } from '../../src/cli/api-client.js';

t.test('a run that is recorded and not shown yet is asked for again', async (t) => {
  const answers = [
    { status: 202, body: { runId: 'r-0', status: 'recorded', position: 7 } },
    { status: 202, body: { runId: 'r-0', status: 'recorded', position: 7 } },
    { status: 200, body: { id: 'r-0' } },
    { status: 404, body: { error: { code: 'not_found', message: 'There is no such run.' } } },
  ];
  const server = createServer((_request, response) => {
    const { status, body } = answers.shift() ?? { status: 500, body: {} };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, { OPSLEDGER_URL: `http://127.0.0.1:${port}`, OPSLEDGER_TOKEN: 'token' });
  const api = await connect({});
  t.same(await api.request('GET', '/runs/r-0'), { id: 'r-0' });
  t.equal(answers.length, 1);
  await t.rejects(api.request('GET', '/runs/r-1'), { message: 'There is no such run. (not_found)' });
});
