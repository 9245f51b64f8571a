import t from 'tap';
import {
  parseSnapshotId,
  policyKeyOf,
  snapshotIdOf,
  snapshotIdSchema,
} from '../../../src/entities/policy/policy.js';
import { TENANT } from '../../support/decider-spec.js';

t.test('a policy has one key, whatever the case of its id', async (t) => {
  const key = policyKeyOf(TENANT, 'deviceConfigurations', 'AB12');
  t.match(key, /^[0-9a-f]{32}$/);
  t.equal(policyKeyOf(TENANT, 'deviceConfigurations', 'ab12'), key);
  t.not(policyKeyOf(TENANT, 'intents', 'ab12'), key);
  t.not(policyKeyOf('another tenant', 'deviceConfigurations', 'ab12'), key);
  t.not(policyKeyOf(TENANT, 'deviceConfiguration', 'sab12'), key, 'type and id don’t run together');
});

t.test('a snapshot’s id is taken apart again, and nothing else is one', async (t) => {
  const policyKey = policyKeyOf(TENANT, 'intents', '1');
  const id = snapshotIdOf(policyKey, 12);
  t.same(parseSnapshotId(id), { policyKey, revision: 12 });
  t.equal(snapshotIdSchema.parse(id), id);
  for (const other of [
    '',
    policyKey,
    `${policyKey}-`,
    `${policyKey}-01`,
    `${policyKey}--1`,
    ` ${id}`,
    `${id}\n`,
  ])
    t.equal(parseSnapshotId(other), undefined, JSON.stringify(other));
});
