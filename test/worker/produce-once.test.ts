import t from 'tap';
import { auditEntity } from '../../src/audit/audit-events.js';
import { RevisionConflictError } from '../../src/ledger/event-log.js';
import { EMPTY_HEAD, headAfter } from '../../src/ledger/stream-head.js';
import type { ProductDraft } from '../../src/program/product-events.js';
import { claimRunOf, LOST_AFTER_MS, TENANT } from '../support/claimed-run-bed.js';
import { EVENT_SAMPLES } from '../support/event-samples.js';

const stream = auditEntity.stream(TENANT);
const draft: ProductDraft = { type: 'ExportDownloaded', data: EVENT_SAMPLES.ExportDownloaded };

t.test('a repetition finds the event of an earlier attempt, also when other events follow it', async (t) => {
  const first = await claimRunOf();
  const produced = await first.run.produce(stream, draft, EMPTY_HEAD);
  const { ledger, log } = first;
  const own = await ledger.last(stream);
  t.match(own, { envelope: { runId: first.run.runId, attempt: 1, actorKind: 'worker' } });
  const context = {
    tenantId: TENANT,
    actor: { kind: 'system', id: 'x' },
    correlationId: 'c',
    causationId: 'c',
  } as const;
  await ledger.append(stream, headAfter(own), [draft], context);
  const { run } = await first.nextAttempt();
  t.same(await run.produce(stream, draft, headAfter(await ledger.last(stream))), produced);
  t.equal(log.events.filter((event) => event.stream === stream).length, 2);
});

t.test('a revision conflict of another stream is thrown to the handler, and the run goes on', async (t) => {
  const { run, ledger } = await claimRunOf();
  const other = {
    tenantId: TENANT,
    actor: { kind: 'system', id: 'x' },
    correlationId: 'c',
    causationId: 'c',
  } as const;
  await ledger.append(stream, EMPTY_HEAD, [draft], other);
  await t.rejects(run.produce(stream, draft, EMPTY_HEAD), RevisionConflictError);
  await run.produce(stream, draft, headAfter(await ledger.last(stream)));
  await run.complete({ summary: 'done', related: [] });
});

t.test('nothing is appended once the claim may be lost', async (t) => {
  const { run, pass, takeOver, ledger } = await claimRunOf();
  pass(LOST_AFTER_MS);
  await takeOver();
  const producing = run.produce(stream, draft, EMPTY_HEAD);
  run.prolong(LOST_AFTER_MS);
  await t.rejects(producing, { name: 'ClaimLostError' });
  t.equal(await ledger.last(stream), undefined);
});
