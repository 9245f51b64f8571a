import t from 'tap';
import {
  operationKey,
  operationStream,
  parseRunId,
  runIdOf,
  streamOfRun,
} from '../../src/runs/run-streams.js';

const TENANT = '11111111-1111-4111-8111-111111111111';

t.test('the key of an operation is deterministic and separates tenant, type and scope', async (t) => {
  const key = operationKey(TENANT, 'drift.generate', { a: 1, b: ['x'] });
  t.match(key, /^[0-9a-f]{32}$/);
  t.equal(key, operationKey(TENANT, 'drift.generate', { b: ['x'], a: 1 }));
  const others = [
    operationKey(TENANT.replaceAll('1', '2'), 'drift.generate', { a: 1, b: ['x'] }),
    operationKey(TENANT, 'inventory.sync', { a: 1, b: ['x'] }),
    operationKey(TENANT, 'drift.generate', { a: 1, b: ['y'] }),
  ];
  t.equal(new Set([key, ...others]).size, 4);
});

t.test('a run id names its stream', async (t) => {
  const key = operationKey(TENANT, 'drift.generate', {});
  t.strictSame(parseRunId(runIdOf(key, 41)), { key, startRevision: 41 });
  t.equal(streamOfRun(TENANT, runIdOf(key, 41)), operationStream(TENANT, key));
  for (const bad of ['', key, `${key}-`, `${key}-01`, `${key}--1`, `${key}-1x`, `${key.toUpperCase()}g-1`])
    t.equal(parseRunId(bad), undefined, JSON.stringify(bad));
});
