import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import type { EventLog, RawEvent } from '../../src/ledger/event-log.js';
import { verifyHistory, verifyHistoryFile } from '../../src/ledger/verify-history.js';
import { tenantStream } from '../../src/tenancy/tenant-events.js';
import { createEventBuilder } from '../support/event-builder.js';

const [A, B] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];

async function twoTenants() {
  const { log, append } = createEventBuilder();
  for (const tenantId of [A, B]) {
    await append(
      tenantStream(tenantId),
      [{ type: 'TenantRegistered', data: { slug: `t${tenantId[0]}`, name: 'T' } }],
      {
        tenantId,
      },
    );
    for (const role of ['owner', 'operator'] as const)
      await append(
        tenantStream(tenantId),
        [{ type: 'MemberAdded', data: { personId: '33333333-3333-4333-8333-333333333333', role } }],
        { tenantId },
      );
  }
  return log;
}

/** The same log with changed events in some places; undefined leaves an event out. */
const altered = (log: EventLog, change: (event: RawEvent) => RawEvent | undefined): EventLog => ({
  ...log,
  head: () => log.head(),
  async *subscribe(options) {
    for await (const item of log.subscribe(options)) {
      if (item.kind !== 'event') yield item;
      else {
        const event = change(item.event);
        if (event) yield { kind: 'event', event };
      }
    }
  },
});

t.test('an unchanged log verifies, completely or for one tenant', async (t) => {
  const log = await twoTenants();
  t.match(await verifyHistory(log), { events: 6, streams: 2, brokenCount: 0, broken: [] });
  t.match(await verifyHistory(log, { tenantId: A }), { events: 3, streams: 1, brokenCount: 0 });
});

t.test('every alteration is reported', async (t) => {
  const log = await twoTenants();
  const at = (revision: number, other: (event: RawEvent) => RawEvent | undefined) =>
    altered(log, (event) =>
      event.stream === tenantStream(B) && event.revision === revision ? other(event) : event,
    );
  const cases: readonly (readonly [string, EventLog, RegExp])[] = [
    ['data', at(1, (event) => ({ ...event, data: { personId: A, role: 'owner' } })), /data was altered/],
    [
      'envelope',
      at(1, (event) => ({ ...event, metadata: { ...Object(event.metadata), at: '2020-01-01' } })),
      /envelope/,
    ],
    ['gap', at(1, () => undefined), /1 events before it are missing/],
    ['first', at(0, (event) => ({ ...event, data: { slug: 'x', name: 'T' } })), /data was altered/],
  ];
  for (const [what, changed, reason] of cases) {
    const { broken, brokenCount } = await verifyHistory(changed);
    t.ok(brokenCount >= 1, what);
    t.match(broken[0], { stream: tenantStream(B), reason }, what);
  }
  const truncated = at(0, () => undefined);
  t.match(
    await verifyHistory(truncated),
    { events: 5, brokenCount: 0 },
    'a beginning that was removed on purpose',
  );
});

t.test(
  'a downloaded history verifies without a server, and every alteration of it is reported',
  async (t) => {
    const { events } = await twoTenants();
    const ofA = events.filter(({ stream }) => stream === tenantStream(A));
    const file = path.join(t.testdir(), 'run.jsonl');
    const verified = async (kept: readonly RawEvent[]) => {
      await writeFile(file, kept.map((event) => `${JSON.stringify(event)}\n`).join(''));
      return verifyHistoryFile(file);
    };
    const [first, second, third] = ofA;
    if (!first || !second || !third) throw new TypeError('the log lacks events');
    t.match(await verified(ofA), { events: 3, streams: 1, brokenCount: 0, position: third.position });
    t.match(
      await verified([second, third]),
      { events: 2, brokenCount: 0 },
      'a run that isn’t the first of its stream',
    );
    t.match(await verified([first, third]), {
      broken: [{ revision: 2, reason: /1 events before it are missing/ }],
    });
    t.match(await verified([second, first]), { broken: [{ reason: 'it stands after a later event' }] });
    const other = { ...second, data: { personId: A, role: 'owner' } };
    t.match(await verified([first, other, third]), {
      broken: [{ revision: 1, reason: 'its data was altered' }],
    });
    await writeFile(file, `${JSON.stringify(first)}\n{"stream":"half`);
    await t.rejects(verifyHistoryFile(file), {
      message: /^Line 2 of .* is no event of a downloaded history/,
    });
    await t.rejects(verifyHistoryFile(`${file}.none`), { code: 'ENOENT' });
  },
);
