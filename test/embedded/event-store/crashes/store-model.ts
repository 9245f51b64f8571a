import { type EventToRecord, shapeOfRecord } from '../../../../src/embedded/event-store/storage/record.js';
import { withTruncateBefore } from '../../../../src/embedded/event-store/store/stream-metadata.js';
import { streamHash } from '../../../../src/embedded/event-store/stream-index/index-key.js';

/** Expected revisions below 0, with the protocol's numbers. */
export const ANY = -2;
export const NO_STREAM = -1;
export const STREAM_EXISTS = -4;
/** The revision in the record of an event that ends a stream for good. */
export const TOMBSTONE = 0xffff_ffff;
/** Position of the first event of a log. */
const LOG_START = 64;

/** The time of the clock in all crash tests. Its number of digits is part of a record's length. */
export const CREATED_MS = 1_700_000_000_000;

export interface ModelEvent {
  readonly stream: string;
  readonly revision: number;
  /** Undefined for events that the store makes itself. */
  readonly id: string | undefined;
  readonly type: string;
  readonly data: string;
  readonly position: number;
  readonly end: number;
  /** Whether it is the last event of its append, after which the log may end. */
  readonly endsAppend: boolean;
}

export interface NewEvent {
  readonly id: string | undefined;
  readonly type: string;
  readonly data: string;
}

export type ModelAnswer =
  | { readonly kind: 'appended'; readonly revision: number; readonly position: number }
  | { readonly kind: 'wrong-expected-revision'; readonly last: number }
  | { readonly kind: 'stream-deleted' };

export type ModelRead = readonly ModelEvent[] | 'not-found' | 'deleted';

/** The content of a store after these events: EventStoreDB's rules, written a second time without files. */
export class StoreModel {
  constructor(readonly events: readonly ModelEvent[]) {}

  get end(): number {
    return this.events.at(-1)?.end ?? LOG_START;
  }

  stream(name: string): readonly ModelEvent[] {
    return this.events.filter(({ stream }) => stream === name);
  }

  /** Revision of a stream's newest event; -1 without one, `TOMBSTONE` for a stream that was deleted for good. */
  last(name: string): number {
    const last = this.stream(name).at(-1)?.revision ?? -1;
    if (last === -1 && name.startsWith('$$') && this.last(name.slice(2)) === TOMBSTONE) return TOMBSTONE;
    return last;
  }

  private metadataText(name: string): string {
    const newest = this.stream(`$$${name}`).at(-1);
    return newest && newest.revision !== TOMBSTONE ? newest.data : '';
  }

  /** The limits that the stream's metadata sets for its events. */
  metadata(name: string): { readonly firstKept: number; readonly deleted: boolean } {
    if (name.startsWith('$$')) return { firstKept: this.last(name), deleted: false };
    const text = this.metadataText(name);
    const { $tb = 0, $maxCount } = (text === '' ? {} : JSON.parse(text)) as Record<string, number>;
    const newest = $maxCount === undefined ? 0 : this.last(name) + 1 - $maxCount;
    return { firstKept: Math.max($tb, newest), deleted: $tb > 9e18 };
  }

  read(name: string): ModelRead {
    const last = this.last(name);
    if (last === TOMBSTONE) return 'deleted';
    const { firstKept, deleted } = this.metadata(name);
    if (last === -1 || deleted) return 'not-found';
    return this.stream(name).filter(({ revision }) => revision >= firstKept);
  }

  /** The events that no read of a stream returns any more and that may be removed from disk. */
  garbage(): readonly ModelEvent[] {
    return this.events.filter(({ stream, revision }) => {
      const last = this.last(stream);
      return revision < last && (last === TOMBSTONE || revision < this.metadata(stream).firstKept);
    });
  }

  /** Whether any event can have hidden others: metadata, or the end of a stream. */
  hasTruncations(): boolean {
    return this.events.some(({ stream, revision }) => stream.startsWith('$$') || revision === TOMBSTONE);
  }

  /** The answer to an append that writes nothing; undefined if the append is written. */
  private refusal(name: string, expected: number, ids: readonly (string | undefined)[]) {
    const last = this.last(name);
    const wrong: ModelAnswer = { kind: 'wrong-expected-revision', last };
    const repeated = (event: ModelEvent | undefined): ModelAnswer =>
      event ? { kind: 'appended', revision: event.revision, position: event.position } : wrong;
    if (last === TOMBSTONE) return { kind: 'stream-deleted' } as const;
    const events = this.stream(name);
    const { deleted } = this.metadata(name);
    if (expected === STREAM_EXISTS && deleted) return { kind: 'stream-deleted' } as const;
    if (expected === STREAM_EXISTS && last === -1 && this.metadataText(name) === '') return wrong;
    if (expected === ANY || expected === STREAM_EXISTS) {
      const known = ids.map((id) => events.findLast((event) => event.id === id && id !== undefined));
      if (known[0] === undefined) return undefined;
      return known.includes(undefined) ? wrong : repeated(known.at(-1));
    }
    if (expected === last) return undefined;
    if (expected > last) return wrong;
    const following = events.slice(expected + 1, expected + 1 + ids.length);
    const same = ids.filter((id, i) => id !== undefined && following[i]?.id === id).length;
    if (same === ids.length) return repeated(following.at(-1));
    return same === 0 && expected === NO_STREAM && deleted ? undefined : wrong;
  }

  /** The model after an append, and the append's answer. */
  append(name: string, expected: number, added: readonly NewEvent[]): readonly [StoreModel, ModelAnswer] {
    const refusal = this.refusal(
      name,
      expected,
      added.map(({ id }) => id),
    );
    if (refusal) return [this, refusal];
    const last = this.last(name);
    const original = name.startsWith('$$') ? name.slice(2) : undefined;
    let follow: { readonly stream: string; readonly data: string } | undefined;
    if (this.metadata(name).deleted) {
      follow = { stream: `$$${name}`, data: truncatedBefore(this.metadataText(name), last + 1) };
    } else if (original !== undefined && !original.startsWith('$$')) {
      const lastOfOriginal = this.last(original);
      const wasDeleted = this.metadata(original).deleted;
      const data = added.at(-1)?.data ?? '';
      const { $tb = 0 } = JSON.parse(data) as Record<string, number>;
      if (wasDeleted && lastOfOriginal !== TOMBSTONE && $tb < 9e18)
        follow = { stream: name, data: truncatedBefore(data, lastOfOriginal + 1) };
    }
    let model: StoreModel = this;
    for (const [i, event] of added.entries())
      model = model.with(name, event, i === added.length - 1 && follow === undefined);
    const answered = model.events.at(-1);
    if (follow) model = model.with(follow.stream, metadataEvent(follow.data), true);
    return [
      model,
      { kind: 'appended', revision: answered?.revision ?? last, position: answered?.position ?? 0 },
    ];
  }

  /** The model after a delete, which may be for good, and the delete's answer. */
  delete(name: string, expected: number, forGood: boolean): readonly [StoreModel, ModelAnswer] {
    const last = this.last(name);
    const refusal = this.refusal(name, expected, [undefined]);
    if (refusal) return [this, refusal.kind === 'stream-deleted' ? refusal : { ...WRONG, last }];
    if (forGood) {
      const tombstone = { id: undefined, type: '$streamDeleted', data: '' };
      const model = this.with(name, tombstone, true, TOMBSTONE);
      return [model, { kind: 'appended', revision: TOMBSTONE, position: model.events.at(-1)?.position ?? 0 }];
    }
    if (last === -1 && this.stream(`$$${name}`).length === 0) return [this, { ...WRONG, last }];
    const data = truncatedBefore(this.metadataText(name), undefined);
    const model = this.with(`$$${name}`, metadataEvent(data), true);
    return [model, { kind: 'appended', revision: last, position: model.events.at(-1)?.position ?? 0 }];
  }

  private with(stream: string, event: NewEvent, endsAppend: boolean, revision?: number): StoreModel {
    const stored = revision ?? this.last(stream) + 1;
    const position = this.end;
    const nameBytes = Buffer.from(stream);
    const { length } = shapeOfRecord(recordOf(event), {
      position,
      durableEnd: 0,
      createdMs: CREATED_MS,
      revision: stored,
      remaining: 0,
      streamName: nameBytes,
      streamHash: streamHash(nameBytes),
    });
    const { id, type, data } = event;
    const added = { stream, revision: stored, id, type, data, position, end: position + length, endsAppend };
    return new StoreModel([...this.events, added]);
  }
}

const WRONG = { kind: 'wrong-expected-revision' } as const;

const truncatedBefore = (data: string, revision: number | undefined): string =>
  withTruncateBefore(Buffer.from(data), revision).toString();

const metadataEvent = (data: string): NewEvent => ({ id: undefined, type: '$metadata', data });

/** An event in the form in which the store receives it. */
export const recordOf = ({ id, type, data }: NewEvent): EventToRecord => ({
  id: id ?? '00000000-0000-4000-8000-000000000000',
  type: Buffer.from(type),
  isJson: type !== '$streamDeleted',
  data: Buffer.from(data),
  metadata: Buffer.alloc(0),
});
