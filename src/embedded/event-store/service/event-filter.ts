import { RE2JS } from 're2js';
import { errorMessage } from '../../../wording/error-message.js';
import type { EventStoreLimits } from '../limits.js';
import { invalidArgument } from '../protocol/grpc-status.js';
import { recordStreamName, recordType } from '../storage/record.js';
import type { RecordFilter } from '../store/live-tail.js';

/** A client's filter. */
export interface FilterRequest {
  readonly on: 'stream-name' | 'event-type';
  readonly regex: string;
  readonly prefixes: readonly string[];
  /** Events between two checkpoints; undefined where no checkpoints are sent. */
  readonly checkpointInterval: number | undefined;
}

const REMEMBERED_MAX = 1_000;

export const EVERYTHING: RecordFilter = Object.freeze({
  key: '',
  matches: () => true,
  checkpointInterval: undefined,
});

/**
 * Makes the function that tests a record. Regular expressions run on RE2 in time linear in the name, so that a
 * client's pattern can't stall the server. Errors: CallError (INVALID_ARGUMENT).
 */
export function createRecordFilter(request: FilterRequest, limits: EventStoreLimits): RecordFilter {
  const { on, regex, prefixes, checkpointInterval } = request;
  const bytes = prefixes.reduce((sum, prefix) => sum + prefix.length, regex.length);
  if (bytes > limits.filterBytesMax || prefixes.length > limits.filterPrefixesMax) {
    throw invalidArgument(`A filter takes ${limits.filterBytesMax} characters at most.`);
  }
  const matches = regex === '' ? prefixMatcher(on, prefixes) : regexMatcher(on, regex);
  return { key: JSON.stringify([on, regex, prefixes, checkpointInterval]), matches, checkpointInterval };
}

/** Offsets of the fields in a record's header that give offset and length of name and type. */
const FIELD_OFFSET = { 'stream-name': 40, 'event-type': 44 } as const;

function prefixMatcher(on: FilterRequest['on'], prefixes: readonly string[]): RecordFilter['matches'] {
  const wanted = prefixes.map((prefix) => Buffer.from(prefix));
  const field = FIELD_OFFSET[on];
  return (buffer, offset) => {
    const start = offset + buffer.readUInt16LE(offset + field);
    const length = buffer.readUInt16LE(offset + field + 2);
    for (const prefix of wanted) {
      if (prefix.length > length) continue;
      if (buffer.compare(prefix, 0, prefix.length, start, start + prefix.length) === 0) return true;
    }
    return false;
  };
}

function regexMatcher(on: FilterRequest['on'], regex: string): RecordFilter['matches'] {
  const pattern = compile(regex);
  const read = on === 'stream-name' ? recordStreamName : recordType;
  const remembered = new Map<string, boolean>();
  return (buffer, offset) => {
    const text = read(buffer, offset);
    let matches = remembered.get(text);
    if (matches === undefined) {
      matches = pattern.matcher(text).find();
      if (remembered.size >= REMEMBERED_MAX) remembered.clear();
      remembered.set(text, matches);
    }
    return matches;
  };
}

function compile(regex: string): RE2JS {
  try {
    return RE2JS.compile(regex);
  } catch (error) {
    throw invalidArgument(
      `The filter's regular expression isn't one this server takes: ${errorMessage(error)}`,
    );
  }
}
