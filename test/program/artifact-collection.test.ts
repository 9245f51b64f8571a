import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { createArtifactStore } from '../../src/db/artifacts.js';
import { parseMasterKey } from '../../src/db/master-key.js';
import { policyEntity } from '../../src/entities/policy/policy.js';
import { collectArtifacts } from '../../src/program/artifact-collection.js';
import { operationStream } from '../../src/runs/run-streams.js';
import { silent, testDatabase } from '../support/database.js';
import { createEventBuilder } from '../support/event-builder.js';
import { EVENT_SAMPLES } from '../support/event-samples.js';

const TENANT = '11111111-1111-4111-8111-111111111111';

t.test('artifacts that events name stay, the others are removed, by one process only', async (t) => {
  const { db } = await testDatabase(t);
  const { log, append } = createEventBuilder();
  const masterKey = parseMasterKey(randomBytes(32).toString('base64'));
  const store = createArtifactStore({ db, masterKey });
  const contents = [{ named: 1 }, { lost: 1 }, { later: 1 }, { kept: 1 }, { references: 1 }];
  const [named, lost, later, artifact = '', references = ''] = await Promise.all(
    contents.map((content) => store.put(TENANT, content)),
  );
  const deps = { log, primary: db, logger: silent };
  const { signal } = new AbortController();
  const age = () => sql`update opsledger.artifacts set last_put_at = now() - interval '25 hours'`.execute(db);
  const due = () => sql`update opsledger.scheduled_work set due_at = now()`.execute(db);
  const left = async () => {
    const { rows } = await sql<{
      address: string;
    }>`select address from opsledger.artifacts order by 1`.execute(db);
    return rows.map(({ address }) => address);
  };
  const observe = async (artifact: string | undefined) => {
    const sample = EVENT_SAMPLES.InventoryItemsObserved;
    const policies = sample.policies.slice(0, 1).map((policy) => ({ ...policy, artifact: artifact ?? '' }));
    const draft = { type: 'InventoryItemsObserved', data: { ...sample, policies } } as const;
    await append(operationStream(TENANT, 'a'.repeat(32)), [draft], { tenantId: TENANT });
  };

  await observe(named);
  const captured = { ...EVENT_SAMPLES.SnapshotCaptured, artifact, references };
  await append(policyEntity.stream(TENANT, 'b'.repeat(32)), [{ type: 'SnapshotCaptured', data: captured }]);
  await age();
  await store.put(TENANT, { later: 1 });
  const removed = await Promise.all([1, 2, 3].map(() => collectArtifacts(deps, signal)));
  t.same(
    removed.filter((count) => count !== undefined),
    [1],
    'three processes, one of them does it',
  );
  t.same(await left(), [named, later, artifact, references].sort());
  t.notOk((await left()).includes(lost ?? ''));

  await observe(later);
  await age();
  t.equal(await collectArtifacts(deps, signal), undefined, 'not due yet');
  await due();
  t.equal(await collectArtifacts(deps, signal), 0, 'an artifact that is named meanwhile is kept');
  t.same(await left(), [named, later, artifact, references].sort());
});
