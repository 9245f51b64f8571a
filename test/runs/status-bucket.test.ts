import fc from 'fast-check';
import t from 'tap';
import { completedLifecycle, LIFECYCLES, statusBucket } from '../../src/runs/status-bucket.js';

t.test('every lifecycle and every kind of counts', async (t) => {
  const none = { succeeded: 0, failed: 0 };
  const fine = { succeeded: 3, failed: 0 };
  const mixed = { succeeded: 2, failed: 1 };
  const bad = { succeeded: 0, failed: 3 };
  const table = {
    pending: ['queued', 'queued', 'queued', 'queued'],
    running: ['running', 'running', 'running', 'running'],
    completed: ['succeeded', 'succeeded', 'partially_succeeded', 'failed'],
    completed_with_errors: ['succeeded', 'succeeded', 'partially_succeeded', 'failed'],
    failed: ['failed', 'failed', 'failed', 'failed'],
    aborted: ['failed', 'failed', 'failed', 'failed'],
  } as const;
  for (const lifecycle of LIFECYCLES)
    t.strictSame(
      [none, fine, mixed, bad].map((counts) => statusBucket(lifecycle, counts)),
      table[lifecycle],
      lifecycle,
    );
});

t.test('a run without failed items completes, one with them completes with errors', async (t) => {
  fc.assert(
    fc.property(fc.nat(), (failed) => (completedLifecycle({ failed }) === 'completed') === (failed === 0)),
  );
  t.pass();
});
