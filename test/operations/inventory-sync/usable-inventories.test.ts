import t from 'tap';
import { findUsableInventories } from '../../../src/operations/inventory-sync/usable-inventories.js';
import { operationKey } from '../../../src/runs/run-streams.js';
import { createEventBuilder } from '../../support/event-builder.js';
import { completed, itemOf } from '../../support/hub-scenario.js';

const TENANT = '7f3c1d5e-8a2b-4c6d-9e0f-1a2b3c4d5e6f';
const SCOPE = '0123456789abcdef0123456789abcdef';
/** An inventory every hour whose credential has ended, for three weeks. */
const FAILED = 510;

t.test('an inventory from before a long time of failures is still found', async (t) => {
  const builder = createEventBuilder();
  const key = operationKey(TENANT, 'inventory.sync', { scopeKey: SCOPE });
  const inventory = async (outcome: 'succeeded' | 'failed') => {
    const scope = { scopeKey: SCOPE };
    const runId = await builder.queue(TENANT, key, { type: 'inventory.sync', scope });
    const items = [itemOf('policy', outcome)];
    await builder.toRun(
      TENANT,
      runId,
      { type: 'RunStarted', data: { attempt: 1, worker: 'w' } },
      { type: 'RunItemsRecorded', data: { items } },
      completed(items, '1 policy read'),
    );
    return runId;
  };
  const before = await inventory('succeeded');
  for (let n = 0; n < FAILED; n++) await inventory('failed');
  const after = await inventory('succeeded');
  const found = await findUsableInventories(builder.ledger, TENANT, SCOPE, 2);
  t.same(
    found.map(({ runId }) => runId),
    [after, before],
  );
});
