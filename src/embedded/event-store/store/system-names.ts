/** Names with a meaning in the protocol. */
const METASTREAM_PREFIX = '$$';
export const METADATA_EVENT_TYPE = '$metadata';
export const STREAM_DELETED_EVENT_TYPE = '$streamDeleted';
export const LINK_EVENT_TYPE = '$>';
/** 2^63 - 1, which no JavaScript number can hold. */
export const JSON_NUMBER_MAX_INT64 = '9223372036854775807';

/** Whether a stream holds the metadata of another one. */
export const isMetastream = (name: string): boolean => name.startsWith(METASTREAM_PREFIX);

/** The name of the stream with a stream's metadata. */
export const metastreamOf = (name: string): string => `${METASTREAM_PREFIX}${name}`;

/** The name of the stream whose metadata a stream holds. */
export const originalOf = (metastream: string): string => metastream.slice(METASTREAM_PREFIX.length);
