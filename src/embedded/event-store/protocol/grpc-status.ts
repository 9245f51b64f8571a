/** The gRPC status codes that the server uses. */
export const GrpcCode = Object.freeze({
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const);

export type GrpcCode = (typeof GrpcCode)[keyof typeof GrpcCode];

/** The status of a call that failed. `trailers` are the ones that EventStoreDB's clients read. */
export class CallError extends Error {
  override readonly name = 'CallError';
  constructor(
    readonly code: GrpcCode,
    message: string,
    readonly trailers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** EventStoreDB's answer to a request that none of its handlers expects. */
export const unexpectedRequest = (): CallError =>
  new CallError(GrpcCode.UNKNOWN, 'Exception was thrown by handler.');

export const unexpectedReadResult = (kind: 'ReadStreamResult' | 'ReadAllResult'): CallError =>
  new CallError(GrpcCode.UNKNOWN, `Unexpected ${kind}: Error`);

export const streamDeleted = (stream: string): CallError =>
  new CallError(GrpcCode.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

export const wrongExpectedVersion = (
  operation: string,
  stream: string,
  expected: string,
  actual: number,
): CallError =>
  new CallError(
    GrpcCode.FAILED_PRECONDITION,
    `${operation} failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': expected,
      'actual-version': String(actual),
    },
  );

export const maximumAppendSizeExceeded = (bytesMax: number): CallError =>
  new CallError(GrpcCode.INVALID_ARGUMENT, `Maximum Append Size of ${bytesMax} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(bytesMax),
  });

export const requiredMetadataMissing = (property: string): CallError =>
  new CallError(GrpcCode.INVALID_ARGUMENT, `Required Metadata Property '${property}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });

export const accessDenied = (): CallError =>
  new CallError(GrpcCode.UNAUTHENTICATED, 'Access Denied', { exception: 'access-denied' });

export const invalidArgument = (message: string): CallError =>
  new CallError(GrpcCode.INVALID_ARGUMENT, message);

export const resourceExhausted = (message: string): CallError =>
  new CallError(GrpcCode.RESOURCE_EXHAUSTED, message);

/** It isn't known whether a change was kept, so the client must repeat it unchanged. */
export const uncertain = (message: string): CallError => new CallError(GrpcCode.UNKNOWN, message);

const NOT_PLAIN = /[^\x20-\x24\x26-\x7e]/g;

/** Text in the form that a header may carry: all but printable ASCII is percent-encoded, byte by byte. */
export function headerText(text: string): string {
  return text.replace(NOT_PLAIN, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}
