import { EventStoreDBClient } from '@eventstore/db-client';
import { fill, WORKLOADS, warmUp } from './event-store-workloads.js';

/** Messages from the bench to the process that measures one server. */
export type ToClient =
  | { readonly kind: 'prepare'; readonly url: string; readonly events: number }
  | { readonly kind: 'measure'; readonly workload: number; readonly run: string };

/** Answers of that process, one for each message, in order. */
export type FromClient =
  | { readonly kind: 'measured'; readonly values: readonly number[] }
  | { readonly kind: 'failed'; readonly message: string };

let client: EventStoreDBClient | undefined;

async function take(message: ToClient): Promise<readonly number[]> {
  if (message.kind === 'prepare') {
    client = EventStoreDBClient.connectionString(message.url);
    await warmUp(client);
    await fill(client, 'fill', message.events);
    return [];
  }
  const workload = WORKLOADS[message.workload];
  if (!client || !workload) throw new Error('nothing to measure');
  return workload.measure(client, message.run);
}

function answer(message: FromClient): void {
  process.send?.(message);
}

process.on('message', (message: ToClient) => {
  take(message).then(
    (values) => answer({ kind: 'measured', values }),
    (error: unknown) => answer({ kind: 'failed', message: String(error) }),
  );
});
