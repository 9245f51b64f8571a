import { canonicalJson, sha256Hex } from './canonical-json.js';
import { CHAIN } from './envelope.js';
import type { RawEvent } from './event-log.js';

/**
 * There are two hashes: `dataHash` covers the data; `hash` covers the envelope with `dataHash` and the previous
 * hash. So the chain can still be checked after data was redacted.
 */
export function hashOfData(data: unknown): string {
  return sha256Hex(canonicalJson(data));
}

export interface ChainLink {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  /** The metadata without its own `hash`. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** SHA-256 of the chain's name and the canonical JSON of the link. */
export function hashOfLink(link: ChainLink): string {
  const { stream, revision, id, type, metadata } = link;
  return sha256Hex(`${CHAIN}\n${canonicalJson({ id, metadata, revision, stream, type })}`);
}

/**
 * What is wrong with an event's place in its chain, or undefined when it is right. Checks the event as the store
 * returned it.
 */
export function brokenLink(event: RawEvent, previousHash: string): string | undefined {
  const { metadata } = event;
  if (typeof metadata !== 'object' || metadata === null || metadata instanceof Uint8Array)
    return 'its metadata is not an object';
  const { hash, ...rest } = metadata as Record<string, unknown>;
  if (rest.chain !== CHAIN) return `it belongs to the chain ${JSON.stringify(rest.chain)}, not ${CHAIN}`;
  if (rest.prevHash !== previousHash) return 'it does not follow the event before it';
  if (rest.dataHash !== hashOfData(event.data)) return 'its data was altered';
  if (hash !== hashOfLink({ ...event, metadata: rest })) return 'its envelope was altered';
  return undefined;
}
