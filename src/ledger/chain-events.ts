import { appVersion } from '../app-version.js';
import { SANITIZER_VERSION } from '../sanitize/index.js';
import { assertStorable, type JsonObject } from './canonical-json.js';
import { CHAIN, type Envelope, type EnvelopeContext } from './envelope.js';
import type { StoredEvent } from './event-log.js';
import type { EventDraft, EventRegistry } from './event-registry.js';
import { hashOfData, hashOfLink } from './hash-chain.js';
import type { StreamHead } from './stream-head.js';

/** An event that is ready to be stored, with its place in the chain. */
export interface ChainedEvent extends StoredEvent {
  readonly data: JsonObject;
  readonly envelope: Envelope;
}

/**
 * Checks drafts and links them to the stream's hash chain after `head`. `at` is the time to write, in milliseconds
 * since 1970; `clockAt` is the clock's own time, given only when it is before `at`. Errors: z.ZodError,
 * UnstorableValueError, and TypeError for an event that doesn't belong in this stream.
 */
export function chainEvents(
  registry: Pick<EventRegistry, 'encode'>,
  drafts: readonly EventDraft[],
  place: {
    readonly stream: string;
    readonly head: StreamHead;
    readonly context: EnvelopeContext;
    readonly at: number;
    readonly clockAt?: number;
    readonly newId: () => string;
  },
): ChainedEvent[] {
  const { stream, head, context, at, newId } = place;
  const times = { at: isoOf(at), clockAt: place.clockAt === undefined ? undefined : isoOf(place.clockAt) };
  let prevHash = head.hash;
  return drafts.map((draft, index) => {
    const { type } = draft;
    const { data, version } = registry.encode(draft, stream);
    assertStorable(data);
    const id = newId();
    const revision = head.revision + 1 + index;
    const metadata = linkMetadata(context, { ...times, dataHash: hashOfData(data), prevHash, version });
    const hash = hashOfLink({ id, metadata, revision, stream, type });
    metadata.hash = hash;
    prevHash = hash;
    return { id, type, data, metadata, envelope: envelopeOf(metadata, version, context) };
  });
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** An event's metadata without its hash. The keys are in canonical order, so that hashing needn't sort them. */
function linkMetadata(
  { actor, correlationId, causationId, tenantId, runId, runStart, attempt }: EnvelopeContext,
  link: {
    readonly at: string;
    readonly clockAt: string | undefined;
    readonly dataHash: string;
    readonly prevHash: string;
    readonly version: number;
  },
): Record<string, string> {
  const metadata: Record<string, string> = {
    $causationId: causationId,
    $correlationId: correlationId,
    actorId: actor.id,
    actorKind: actor.kind,
    appVersion,
    at: link.at,
  };
  if (attempt !== undefined) metadata.attempt = String(attempt);
  metadata.chain = CHAIN;
  if (link.clockAt !== undefined) metadata.clockAt = link.clockAt;
  metadata.dataHash = link.dataHash;
  metadata.prevHash = link.prevHash;
  if (runId !== undefined) metadata.runId = runId;
  if (runStart !== undefined) metadata.runStart = String(runStart);
  metadata.sanitizerVersion = SANITIZER_VERSION;
  metadata.schemaVersion = String(link.version);
  if (tenantId !== undefined) metadata.tenantId = tenantId;
  return metadata;
}

/** The metadata in the form that `envelopeSchema` reads back. */
function envelopeOf(
  metadata: Readonly<Record<string, string>>,
  schemaVersion: number,
  { runStart, attempt }: EnvelopeContext,
): Envelope {
  const envelope: Record<string, string | number> = { ...metadata, schemaVersion };
  if (runStart !== undefined) envelope.runStart = runStart;
  if (attempt !== undefined) envelope.attempt = attempt;
  return envelope as Envelope;
}
