/** Names with a meaning in the protocol. */
const METASTREAM_PREFIX = '$$';
export const METADATA_EVENT_TYPE = '$metadata';
export const STREAM_DELETED_EVENT_TYPE = '$streamDeleted';
export const LINK_EVENT_TYPE = '$>';
/** 2^63 - 1, which no JavaScript number can hold. */
export const JSON_NUMBER_MAX_INT64 = '9223372036854775807';

export const isMetastream = (name: string): boolean => name.startsWith(METASTREAM_PREFIX);
export const metastreamOf = (name: string): string => `${METASTREAM_PREFIX}${name}`;
export const originalOf = (metastream: string): string => metastream.slice(METASTREAM_PREFIX.length);
