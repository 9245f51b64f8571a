import type { EventStoreLimits } from '../limits.js';
import { invalidArgument, unexpectedReadResult, unexpectedRequest } from '../protocol/grpc-status.js';
import { ReadReq } from '../protocol/messages.js';
import type { RecordFilter } from '../store/live-tail.js';
import type { EventEncoding } from './event-encoder.js';
import { createRecordFilter, EVERYTHING } from './event-filter.js';

export type ReadStart = 'start' | 'end' | number;

/** A checked read or subscription. */
export interface ReadRequest {
  /** Undefined for all streams. */
  readonly stream: Uint8Array | undefined;
  readonly from: ReadStart;
  readonly backwards: boolean;
  readonly subscribe: boolean;
  /** The most events to send; undefined for a subscription. */
  readonly maxCount: number;
  readonly filter: RecordFilter;
  readonly encoding: EventEncoding;
}

type Options = InstanceType<typeof ReadReq.Options>;
/** Events tested between two checkpoints when the client gives no window. */
const DEFAULT_SEARCH_WINDOW = 32;

/** Reads and checks a `ReadReq`. Errors: CallError with EventStoreDB's statuses. */
export function parseReadRequest(message: Buffer, limits: EventStoreLimits): ReadRequest {
  const options = ReadReq.deserializeBinary(message).getOptions();
  const uuid = options?.getUuidOption();
  if (!options || !uuid) throw unexpectedRequest();
  const { CountOptionCase, ReadDirection, StreamOptionCase, FilterOptionCase } = ReadReq.Options;
  const ofStream = options.getStreamOptionCase() === StreamOptionCase.STREAM;
  if (!ofStream && options.getStreamOptionCase() !== StreamOptionCase.ALL) throw unexpectedRequest();
  const subscribe = options.getCountOptionCase() === CountOptionCase.SUBSCRIPTION;
  if (!subscribe && options.getCountOptionCase() !== CountOptionCase.COUNT) throw unexpectedRequest();
  const backwards = options.getReadDirection() === ReadDirection.BACKWARDS;
  const filtered = options.getFilterOptionCase() === FilterOptionCase.FILTER;
  if (!filtered && options.getFilterOptionCase() !== FilterOptionCase.NO_FILTER) throw unexpectedRequest();
  if ((backwards && subscribe) || (ofStream && filtered)) {
    throw invalidArgument('The combination of options is invalid.');
  }
  return {
    stream: options.getStream()?.getStreamIdentifier()?.getStreamName_asU8(),
    from: ofStream ? streamPlace(options) : allPlace(options),
    backwards,
    subscribe,
    maxCount: subscribe ? Number.POSITIVE_INFINITY : Number(options.getCount()),
    filter: filtered ? readFilter(options, subscribe, limits) : EVERYTHING,
    encoding: { resolveLinks: options.getResolveLinks(), structuredIds: !uuid.hasString() },
  };
}

function streamPlace(options: Options): ReadStart {
  const stream = options.getStream();
  const { RevisionOptionCase } = ReadReq.Options.StreamOptions;
  if (!stream?.hasStreamIdentifier() || stream.getStreamIdentifier()?.getStreamName_asU8().length === 0) {
    throw unexpectedReadResult('ReadStreamResult');
  }
  switch (stream.getRevisionOptionCase()) {
    case RevisionOptionCase.START:
      return 'start';
    case RevisionOptionCase.END:
      return 'end';
    case RevisionOptionCase.REVISION:
      return Number(stream.getRevision());
    default:
      throw unexpectedRequest();
  }
}

function allPlace(options: Options): ReadStart {
  const all = options.getAll();
  const { AllOptionCase } = ReadReq.Options.AllOptions;
  switch (all?.getAllOptionCase()) {
    case AllOptionCase.START:
      return 'start';
    case AllOptionCase.END:
      return 'end';
    case AllOptionCase.POSITION: {
      const position = all.getPosition();
      const commit = position?.getCommitPosition();
      if (!position || commit !== position.getPreparePosition()) throw unexpectedReadResult('ReadAllResult');
      return Number(commit);
    }
    default:
      throw unexpectedRequest();
  }
}

function readFilter(options: Options, subscribe: boolean, limits: EventStoreLimits): RecordFilter {
  const filter = options.getFilter();
  const { FilterCase, WindowCase } = ReadReq.Options.FilterOptions;
  if (!filter) throw unexpectedRequest();
  const onStream = filter.getFilterCase() === FilterCase.STREAM_IDENTIFIER;
  const expression = onStream ? filter.getStreamIdentifier() : filter.getEventType();
  if (!expression) throw unexpectedRequest();
  const window = filter.getWindowCase();
  if (window === WindowCase.WINDOW_NOT_SET) throw unexpectedRequest();
  const multiplier = filter.getCheckpointintervalmultiplier();
  if (subscribe && multiplier === 0) throw unexpectedRequest();
  const searchWindow = window === WindowCase.MAX ? filter.getMax() : DEFAULT_SEARCH_WINDOW;
  const request = {
    on: onStream ? ('stream-name' as const) : ('event-type' as const),
    regex: expression.getRegex(),
    prefixes: expression.getPrefixList(),
    checkpointInterval: subscribe ? Math.max(1, searchWindow) * multiplier : undefined,
  };
  return createRecordFilter(request, limits);
}
