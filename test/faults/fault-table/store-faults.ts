import { closeSync, cpSync, openSync, renameSync, rmSync, statfsSync, writeSync } from 'node:fs';
import path from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { createEventStoreLog } from '../../../src/ledger/event-store-log.js';
import { until } from '../../support/until.js';
import { byItself, type Fault } from './fault.js';
import { keepEventStore } from './kept-event-store.js';
import type { Stage } from './stage.js';

const BALLAST_PIECE_BYTES = 65_536;
const FILLER_EVENTS = 200;
const OTHER_HISTORY = /The event store no longer holds the history of this ledger/;

const certificate =
  (issue: (stage: Stage) => ReturnType<Stage['authority']['issue']>): Fault['begin'] =>
  async (stage) => {
    await stage.gateway.present(await issue(stage));
    return () => stage.gateway.present(stage.good);
  };

/** Puts a copy of the log of some seconds ago into the event store's folder, while starts go on. */
const olderCopy =
  (prepare: (url: string, bytes: number) => Promise<void>): Fault['begin'] =>
  async ({ t, bed, store, dataDir, folder }) => {
    const copied = path.join(folder, 'older-events');
    cpSync(dataDir, copied, { recursive: true, filter: (file) => path.basename(file) !== 'lock' });
    // The log goes on, so that the copy is older.
    const { answers } = bed;
    const before = answers.length;
    await until(() => answers.length >= before + 4);
    const given = new AbortController();
    const older = await keepEventStore(copied, {}, given.signal);
    await prepare(older.url, Number(await bed.log.head()));
    const end = await headOf(older.url);
    await older.stop();
    given.abort();
    const own = `${dataDir}-own`;
    await store.whileStopped(() => {
      renameSync(dataDir, own);
      cpSync(copied, dataDir, { recursive: true });
    });
    return async () => {
      t.equal(await headOf(store.url), end, 'nothing was written into the copy');
      await store.whileStopped(() => {
        rmSync(dataDir, { recursive: true });
        renameSync(own, dataDir);
      });
      rmSync(copied, { recursive: true });
    };
  };

async function headOf(url: string): Promise<number> {
  const log = createEventStoreLog({ url });
  try {
    return await log.head();
  } finally {
    await log.close();
  }
}

/** Appends until the log of a store is longer than `bytes`. */
async function lengthen(url: string, bytes: number): Promise<void> {
  const client = EventStoreDBClient.connectionString(url);
  for (;;) {
    const filler = Array.from({ length: FILLER_EVENTS }, () =>
      jsonEvent({ type: 'Filler', data: { text: 'x'.repeat(500) } }),
    );
    const { position } = await client.appendToStream('another-history', filler);
    if (Number(position?.commit ?? 0n) > bytes) break;
  }
  await client.dispose();
}

/** Faults of the event store. */
export const STORE_FAULTS: readonly Fault[] = [
  {
    name: 'the event store away',
    words: /event store: (does not answer|can’t be reached)/,
    healthz: 'down',
    async begin({ bed }) {
      bed.storeProxy.goAway();
      return () => bed.storeProxy.heal();
    },
  },
  {
    name: 'the event store frozen',
    words: /event store: (does not answer|has not answered for)/,
    healthz: 'down',
    async begin({ bed }) {
      process.kill(bed.store.pid, 'SIGSTOP');
      return () => process.kill(bed.store.pid, 'SIGCONT');
    },
  },
  {
    name: 'the event store killed',
    async begin({ bed }) {
      process.kill(bed.store.pid, 'SIGKILL');
      return byItself;
    },
  },
  {
    name: 'the event store’s disk full',
    words: /event store: answers, but takes no events: the disk is full/,
    healthz: 'down',
    async begin({ dataDir }) {
      const ballast = path.join(path.dirname(dataDir), 'ballast');
      const file = openSync(ballast, 'w');
      const room = () => statfsSync(path.dirname(dataDir)).bavail * statfsSync(path.dirname(dataDir)).bsize;
      while (room() > 0)
        try {
          writeSync(file, Buffer.alloc(Math.min(BALLAST_PIECE_BYTES, room())));
        } catch {
          break;
        }
      closeSync(file);
      return () => rmSync(ballast);
    },
  },
  {
    name: 'an older copy of the event store’s log',
    healthz: 'no answer',
    ends: OTHER_HISTORY,
    begin: olderCopy(async () => undefined),
  },
  {
    name: 'another log of greater length in the event store’s place',
    healthz: 'no answer',
    ends: OTHER_HISTORY,
    begin: olderCopy(lengthen),
  },
  {
    name: 'the event store’s certificate has expired',
    words: /event store: can’t be reached: its certificate has expired/,
    healthz: 'down',
    begin: certificate(({ authority }) => authority.issue('store-expired', { days: [-10, -1] })),
  },
  {
    name: 'the event store’s certificate is not valid yet',
    words: /event store: can’t be reached: its certificate is not valid yet/,
    healthz: 'down',
    begin: certificate(({ authority }) => authority.issue('store-early', { days: [10, 20] })),
  },
];
