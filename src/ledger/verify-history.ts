import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { z } from 'zod';
import { createChainCheck, type HistoryReport } from './chain-check.js';
import type { EventLog } from './event-log.js';
import { EVERY_STREAM, streamIsOf } from './streams.js';

/**
 * Reads the log from its beginning to its current end and checks every stream's hash chain. A stream whose beginning
 * was truncated is checked from its first remaining event. Keeps one hash per stream in memory, about 200 MB for a
 * million streams. Errors: LogUnavailableError.
 */
export async function verifyHistory(
  log: EventLog,
  { tenantId }: { readonly tenantId?: string | undefined } = {},
): Promise<HistoryReport> {
  const chain = createChainCheck();
  let position = -1;
  const reading = new AbortController();
  const head = await log.head();
  for await (const item of log.subscribe({
    after: undefined,
    streamPrefixes: EVERY_STREAM,
    signal: reading.signal,
  })) {
    if (item.kind === 'caught-up' || (item.kind === 'event' && item.event.position > head)) break;
    if (item.kind !== 'event') continue;
    position = item.event.position;
    if (tenantId === undefined || streamIsOf(item.event.stream, tenantId)) chain.check(item.event);
  }
  reading.abort();
  return { ...chain.report(), position };
}

const exportedSchema = z.object({
  stream: z.string(),
  revision: z.number(),
  position: z.number(),
  id: z.string(),
  type: z.string(),
  data: z.unknown(),
  metadata: z.unknown(),
});

/**
 * Checks a history that was downloaded as JSON lines, without any server. Errors: Error with the number of the first
 * line that is no event of a history; those of reading the file.
 */
export async function verifyHistoryFile(path: string): Promise<HistoryReport> {
  const chain = createChainCheck();
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path, 'utf8') })) {
    number += 1;
    if (line === '') continue;
    const event = exportedSchema.safeParse(jsonIn(line));
    if (!event.success) throw new Error(`Line ${number} of ${path} is no event of a downloaded history.`);
    chain.check(event.data);
  }
  return chain.report();
}

function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
