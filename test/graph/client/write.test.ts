import t from 'tap';
import {
  catalogContent,
  collected,
  failsWith,
  HANGING_TIMEOUT_MS,
  simulatorAndClient,
} from '../simulator-and-client.js';

const PATH = 'deviceManagement/configurationPolicies';

t.test('a read-only client refuses writes before it connects, and batches its reads', async (t) => {
  let tokens = 0;
  const token = async () => `t${++tokens}`;
  const { simulator, client } = await simulatorAndClient(
    t,
    { content: catalogContent(2) },
    { client: { readOnly: true, token } },
  );
  for (const method of ['POST', 'PATCH', 'PUT', 'DELETE'] as const)
    await failsWith(t, client.write(method, `${PATH}/x`, {}), { problem: 'read_only' });
  await failsWith(t, client.write('POST', '$batch', { requests: [] }), { problem: 'read_only' });
  t.equal(tokens, 0);
  t.same(simulator.requests(), []);
  t.match(await client.batch([PATH]), [{ body: { '@odata.count': 2 } }]);
});

t.test('writes are applied, and refused as Intune refuses them', async (t) => {
  const content = new Map([
    ...catalogContent(1),
    ['groups', [{ id: '11111111-1111-4111-8111-111111111111', displayName: 'Pilot' }]] as const,
  ]);
  const { client } = await simulatorAndClient(t, { content });
  const created = await client.write('POST', PATH, { name: 'New', settings: [] });
  t.match(created, { status: 201, body: { name: 'New', settingCount: 0 } });
  const path = `${PATH}/${created.body?.id}`;
  await client.write('PATCH', path, { description: 'changed' });
  t.match(await client.get(path), { name: 'New', description: 'changed' });

  const target = {
    '@odata.type': '#microsoft.graph.groupAssignmentTarget',
    groupId: '11111111-1111-4111-8111-111111111111',
  };
  await client.write('POST', `${path}/assign`, { assignments: [{ target }] });
  t.match(await collected(client.pages(`${path}/assignments`)), [{ rows: [{ target }] }]);
  const twice = client.write('POST', `${path}/assign`, { assignments: [{ target }, { target }] });
  await failsWith(t, twice, { reasonCode: 'validation_failed', outcomeUnknown: false });
  const unknown = { ...target, groupId: '22222222-2222-4222-8222-222222222222' };
  await t.rejects(client.write('POST', `${path}/assign`, { assignments: [{ target: unknown }] }));
  await failsWith(t, client.write('POST', PATH, { name: 'x', settingCount: 3 }), { status: 400 });
  await failsWith(t, client.write('POST', PATH, { description: 'no name' }), { status: 400 });

  t.match(await client.write('DELETE', path, undefined), { status: 204, body: null });
  await failsWith(t, client.get(path), { reasonCode: 'graph_not_found' });
});

t.test('a write whose answer is lost is not repeated', async (t) => {
  const limits = { requestTimeoutMs: HANGING_TIMEOUT_MS };
  const content = catalogContent(1);
  const { simulator, client } = await simulatorAndClient(t, { content }, { client: { limits } });
  let checks = 0;
  const beforeWrite = () => {
    checks += 1;
  };
  const call = { beforeWrite };
  for (const fault of [
    { kind: 'cut' },
    { kind: 'cut', midBody: true },
    { kind: 'hang' },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503, retryAfter: '1' },
    { kind: 'status', status: 408 },
    { kind: 'invalid_utf8' },
    { kind: 'malformed_json' },
    { kind: 'html' },
  ] as const) {
    simulator.failNext(fault);
    await failsWith(t, client.write('POST', PATH, { name: 'Once' }, call), { outcomeUnknown: true });
  }
  t.equal(checks, 9);
  const applied = simulator.requests().filter((request) => request.applied);
  t.equal(applied.length, 6, 'the target carried out all but the three it refused');

  simulator.failNext({ kind: 'status', status: 429, retryAfter: '3' });
  t.match(await client.write('POST', PATH, { name: 'After throttling' }, call), { status: 201 });
  t.equal(checks, 11, 'checked again before the second request');

  simulator.failNext({ kind: 'status', status: 401 });
  t.match(await client.write('POST', PATH, { name: 'After a renewed token' }, call), { status: 201 });
  t.equal(checks, 13, 'also when the first one was refused for its token');
});

t.test('an error thrown right before a write prevents it', async (t) => {
  const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(1) });
  const beforeWrite = () => {
    throw new Error('the claim is lost');
  };
  await t.rejects(client.write('POST', PATH, { name: 'Never' }, { beforeWrite }), /claim is lost/);
  t.same(simulator.requests(), []);
});
