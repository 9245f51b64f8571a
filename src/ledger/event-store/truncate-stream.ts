import { randomUUID } from 'node:crypto';
import {
  EMPTY_STREAM,
  type EventLog,
  type RawEvent,
  RevisionConflictError,
  type Truncation,
} from '../event-log.js';

/** Attempts before giving up; each fails when somebody else changes the stream's metadata at the same time. */
const ATTEMPTS_MAX = 10;

/**
 * Sets `$tb` in the metadata of a stream and keeps all other metadata. Errors: RangeError when it would hide too
 * much; those of appending and reading; RevisionConflictError when every attempt met another change of the metadata.
 */
export async function truncateStream(
  log: Pick<EventLog, 'append' | 'read'>,
  stream: string,
  { before, notPast }: Truncation,
): Promise<void> {
  if (!Number.isSafeInteger(before) || before < 0 || before > notPast)
    throw new RangeError(
      `${stream} may be truncated before revision ${notPast} at most, not before ${before}`,
    );
  const metastream = `$$${stream}`;
  for (let attempt = 1; ; attempt++) {
    const newest = await newestOf(log, metastream);
    const metadata = fieldsOf(newest?.data);
    if (typeof metadata.$tb === 'number' && metadata.$tb >= before) return;
    const data = { ...metadata, $tb: before };
    const event = { id: randomUUID(), type: '$metadata', data, metadata: {} };
    try {
      await log.append(metastream, [event], newest?.revision ?? EMPTY_STREAM);
      return;
    } catch (error) {
      if (!(error instanceof RevisionConflictError) || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

async function newestOf(log: Pick<EventLog, 'read'>, stream: string): Promise<RawEvent | undefined> {
  for await (const event of log.read(stream, { direction: 'backwards', maxCount: 1 })) return event;
  return undefined;
}

const fieldsOf = (data: unknown): Record<string, unknown> =>
  typeof data === 'object' && data !== null && !Array.isArray(data) ? { ...data } : {};
