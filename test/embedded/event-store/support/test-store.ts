import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AppendExpectedRevision,
  EventStoreDBClient,
  jsonEvent,
  type ReadStreamOptions,
} from '@eventstore/db-client';
import type { Test } from 'tap';
import {
  type RunningEventStore,
  type StartEventStoreOptions,
  startEventStore,
} from '../../../../src/embedded/event-store/index.js';

export interface TestStore {
  readonly client: EventStoreDBClient;
  readonly store: RunningEventStore;
  readonly dataDir: string;
}

/** A folder that is removed when the test ends. */
export function testFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A store and a client of it, both stopped when the test ends. */
export async function testStore(t: Test, options: Partial<StartEventStoreOptions> = {}): Promise<TestStore> {
  const dataDir = options.dataDir ?? testFolder(t);
  const store = await startEventStore({ ...options, dataDir });
  const client = EventStoreDBClient.connectionString(store.url);
  t.teardown(async () => {
    await client.dispose();
    await store.stop();
  });
  return { client, store, dataDir };
}

/** Sends the client to the `Append` call instead of `BatchAppend`. */
export const viaAppend = { credentials: { username: 'somebody', password: 'something' } };

export const event = (type = 'Happened', data: Record<string, unknown> = {}) => jsonEvent({ type, data });
export const events = (count: number, type = 'Happened') =>
  Array.from({ length: count }, (_, n) => event(type, { n }));

/** The events that a read of a stream returns, as `Type@revision`. */
export async function shown(
  client: EventStoreDBClient,
  stream: string,
  options: ReadStreamOptions = {},
): Promise<string[]> {
  const found: string[] = [];
  for await (const { event: recorded } of client.readStream(stream, options)) {
    found.push(`${recorded?.type}@${recorded?.revision}`);
  }
  return found;
}

/** The type of the client's error, or 'none'. */
export async function errorOf(attempt: Promise<unknown> | (() => Promise<unknown>)): Promise<string> {
  try {
    await (typeof attempt === 'function' ? attempt() : attempt);
    return 'none';
  } catch (error) {
    if (typeof error !== 'object' || error === null) return String(error);
    if ('type' in error) return String(error.type);
    return error instanceof Error ? error.message : String(error);
  }
}

export const append = (
  client: EventStoreDBClient,
  stream: string,
  what: Parameters<EventStoreDBClient['appendToStream']>[1],
  expectedRevision: AppendExpectedRevision,
) => client.appendToStream(stream, what, { expectedRevision });
