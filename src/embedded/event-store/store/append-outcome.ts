/** The result of an append or a deletion. */
export type AppendOutcome =
  /**
   * `revision` and `position` of the last event. `revision` is -1 for an append without events to a stream that
   * doesn't exist.
   */
  | { readonly kind: 'appended'; readonly revision: number; readonly position: number }
  | { readonly kind: 'wrong-expected-revision'; readonly last: number }
  | { readonly kind: 'stream-deleted' }
  /** The disk refused it; no part of it is kept. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The disk failed during the write; the events may be there after a restart. */
  | { readonly kind: 'uncertain'; readonly reason: string };
