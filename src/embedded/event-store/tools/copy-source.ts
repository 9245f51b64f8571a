import { Empty, ReadReq, StreamIdentifier } from '../protocol/messages.js';
import type { RawClient } from './raw-client.js';

/** A copied event: everything but its position and time, byte for byte. */
export interface CopiedEvent {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  readonly position: string;
}

const MAX_UINT64 = '18446744073709551615';
/** Revision of a `$streamDeleted` event. */
const TOMBSTONE_REVISION = '9223372036854775807';
export const TOMBSTONE_COPY = Number.POSITIVE_INFINITY;

/** Reads all events of a server in the order of its log. */
export async function* readAllRaw(source: RawClient): AsyncGenerator<CopiedEvent> {
  const options = readOptions();
  const all = new ReadReq.Options.AllOptions();
  all.setStart(new Empty());
  options.setAll(all);
  yield* read(source, options);
}

/** Reads one event of a stream, or undefined when it doesn't exist. */
export async function readOneRaw(
  source: RawClient,
  stream: string,
  revision: number,
): Promise<CopiedEvent | undefined> {
  const options = readOptions();
  const identifier = new StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream));
  const place = new ReadReq.Options.StreamOptions();
  place.setStreamIdentifier(identifier);
  place.setRevision(String(revision));
  options.setStream(place);
  options.setCount('1');
  for await (const event of read(source, options)) return event.revision === revision ? event : undefined;
  return undefined;
}

function readOptions() {
  const uuid = new ReadReq.Options.UUIDOption();
  uuid.setString(new Empty());
  const options = new ReadReq.Options();
  options.setUuidOption(uuid);
  options.setNoFilter(new Empty());
  options.setCount(MAX_UINT64);
  return options;
}

async function* read(
  { streams, metadata }: RawClient,
  options: ReturnType<typeof readOptions>,
): AsyncGenerator<CopiedEvent> {
  const request = new ReadReq();
  request.setOptions(options);
  const answers = streams.read(request, metadata);
  try {
    for await (const answer of answers) {
      const recorded = answer.getEvent()?.getEvent();
      if (!recorded) continue;
      const revision = recorded.getStreamRevision();
      yield {
        stream: Buffer.from(recorded.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8'),
        revision: revision === TOMBSTONE_REVISION ? TOMBSTONE_COPY : Number(revision),
        id: recorded.getId()?.getString() ?? '',
        type: recorded.getMetadataMap().get('type') ?? '',
        contentType: recorded.getMetadataMap().get('content-type') ?? 'application/octet-stream',
        data: recorded.getData_asU8(),
        metadata: recorded.getCustomMetadata_asU8(),
        position: recorded.getCommitPosition(),
      };
    }
  } finally {
    answers.cancel();
  }
}
