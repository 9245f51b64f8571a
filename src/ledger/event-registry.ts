import type { z } from 'zod';
import { issuesInWords } from '../wording/issue-words.js';
import type { JsonObject } from './canonical-json.js';
import { type Envelope, envelopeSchema } from './envelope.js';
import type { RawEvent } from './event-log.js';
import { isCategory, prefixOf } from './streams.js';

/** How important an event is to a person who reads a history; pages can hide minor ones. */
export type Importance = 'major' | 'minor';

export interface EventDefinition<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  /** The current schema version; raised with every change of `data` that older programs can't read. */
  readonly version: number;
  /** The first word of the names of the streams that may contain it. */
  readonly category: string;
  readonly importance: Importance;
  /** What an event of this type means, as a sentence for the documentation. */
  readonly meaning: string;
  readonly data: z.ZodType<Data>;
  /** What one event says, for people who read a history; its data is shown beside it. May be empty. */
  words(data: Data): string;
  /** Each converts data from version n to n + 1; there must be one for every n below `version`. */
  readonly upcasters: Readonly<Record<number, (data: unknown) => unknown>>;
}

export type AnyEventDefinition = EventDefinition<string, object>;

/** Declares an event type. Throws a TypeError when an upcaster is missing or the category is not one word of letters. */
export function defineEvent<const Type extends string, Data extends object>(definition: {
  type: Type;
  category: string;
  meaning: string;
  data: z.ZodType<Data>;
  /** What one event says; without it, only the event's name and data are shown. */
  words?: (data: NoInfer<Data>) => string;
  version?: number;
  importance?: Importance;
  upcasters?: Readonly<Record<number, (data: unknown) => unknown>>;
}): EventDefinition<Type, Data> {
  const { version = 1, importance = 'major', upcasters = {}, words = () => '', ...rest } = definition;
  if (!isCategory(rest.category)) throw new TypeError(`${rest.type}: “${rest.category}” is no category`);
  for (let from = 1; from < version; from++)
    if (!upcasters[from]) throw new TypeError(`${rest.type} has no upcaster from version ${from}`);
  return { ...rest, version, importance, upcasters, words };
}

/** An event to be appended, of any type. */
export interface EventDraft<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly data: Data;
}

/** An event that was read: checked, upcast to the current version, with its envelope and what the store returned. */
export interface RecordedEvent<Type extends string = string, Data extends object = object>
  extends EventDraft<Type, Data> {
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
  readonly id: string;
  readonly envelope: Envelope;
  readonly raw: RawEvent;
}

/** An event of one of the given definitions, to be appended. */
export type DraftOf<D> = D extends EventDefinition<infer Type, infer Data> ? EventDraft<Type, Data> : never;

/** An event of one of the given definitions, as read. */
export type RecordedOf<D> =
  D extends EventDefinition<infer Type, infer Data> ? RecordedEvent<Type, Data> : never;

/** Whether an event is of one of these definitions. */
export function isEvent<const Definitions extends readonly AnyEventDefinition[]>(
  event: RecordedEvent,
  ...definitions: Definitions
): event is RecordedOf<Definitions[number]> {
  return definitions.some(({ type }) => type === event.type);
}

/**
 * This program doesn't know the event's type or version: a newer program wrote it. Readers must wait and not skip
 * it.
 */
export class UnknownEventError extends Error {
  override readonly name = 'UnknownEventError';
  constructor(event: RawEvent, what: string) {
    super(
      `${event.stream}@${event.revision} (${event.type}) ${what}; a newer version of the program wrote it: update this one`,
    );
  }
}

/** The event doesn't fit its own schema: it is damaged, or another program wrote it. */
export class DamagedEventError extends Error {
  override readonly name = 'DamagedEventError';
  constructor(event: RawEvent, problem: string) {
    super(`${event.stream}@${event.revision} (${event.type}) is damaged: ${problem}`);
  }
}

/** The event types of a program. The ledger receives them as an argument and knows none itself. */
export interface EventRegistry {
  readonly definitions: readonly AnyEventDefinition[];
  definition(type: string): AnyEventDefinition | undefined;
  /** Checks a draft for a stream and returns the data to store. Errors: z.ZodError, TypeError. */
  encode(draft: EventDraft, stream: string): { data: JsonObject; version: number };
  /** Checks and upcasts an event that the store returned. Errors: UnknownEventError, DamagedEventError. */
  decode(event: RawEvent): RecordedEvent;
  /** What a stored event of any version says; a general sentence when the event can't be read. */
  inWords(event: WrittenEvent): string;
}

/** An event in the form in which it was written, from the log or from a copy. */
export interface WrittenEvent {
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: unknown;
}

/** Collects event types. Throws a TypeError on two definitions of one type. */
export function createEventRegistry(definitions: readonly AnyEventDefinition[]): EventRegistry {
  const byType = new Map<string, AnyEventDefinition>();
  for (const definition of definitions) {
    if (byType.has(definition.type)) throw new TypeError(`${definition.type} is defined twice`);
    byType.set(definition.type, definition);
  }

  function encode(draft: EventDraft, stream: string): { data: JsonObject; version: number } {
    const definition = byType.get(draft.type);
    if (!definition) throw new TypeError(`${draft.type} is not an event of this ledger`);
    if (!stream.startsWith(prefixOf(definition.category)))
      throw new TypeError(`${draft.type} belongs in a stream “${definition.category}-…”, not in ${stream}`);
    return { data: definition.data.parse(draft.data) as JsonObject, version: definition.version };
  }

  function decode(event: RawEvent): RecordedEvent {
    const definition = byType.get(event.type);
    if (!definition) throw new UnknownEventError(event, 'is of an unknown type');
    const envelope = envelopeSchema.safeParse(event.metadata);
    if (!envelope.success) throw new DamagedEventError(event, issuesInWords(envelope.error));
    const written = envelope.data.schemaVersion;
    if (written > definition.version) throw new UnknownEventError(event, `has schema version ${written}`);
    const read = currentData(definition, event.data, written);
    if ('problem' in read) throw new DamagedEventError(event, read.problem);
    const { type, stream, revision, position, id } = event;
    const data = read.current;
    return { type, data, stream, revision, position, id, envelope: envelope.data, raw: event };
  }

  function inWords({ type, schemaVersion, data }: WrittenEvent): string {
    const definition = byType.get(type);
    if (!definition) return 'This program doesn’t know events of this type; its data are shown beside it.';
    if (schemaVersion > definition.version)
      return 'A newer version of the program wrote this event; its data are shown beside it.';
    const read = currentData(definition, data, schemaVersion);
    if ('problem' in read) return 'Its data don’t have the form that its type asks for.';
    return definition.words(read.current);
  }

  return { definitions, definition: (type) => byType.get(type), encode, decode, inWords };
}

/** An event's data converted to its type's current version, or the reason why that isn't possible. */
function currentData(
  { data, upcasters, version }: AnyEventDefinition,
  written: unknown,
  from: number,
): { readonly current: object } | { readonly problem: string } {
  let upcast = written;
  try {
    for (let step = from; step < version; step++) upcast = upcasters[step]?.(upcast);
  } catch (error) {
    return { problem: `it can’t be upcast from version ${from}: ${String(error)}` };
  }
  const parsed = data.safeParse(upcast);
  return parsed.success ? { current: parsed.data } : { problem: issuesInWords(parsed.error) };
}
