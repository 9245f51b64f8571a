/** A filter as words that remove it when followed. */
export interface FilterChip {
  readonly subject: string;
  readonly value: string;
  readonly withoutIt: string;
}

/** Chips of the filters that are set: each with its words and the address without it. */
export const filterChips = (
  filters: readonly (readonly [subject: string, value: string | undefined, withoutIt: string])[],
): readonly FilterChip[] =>
  filters.flatMap(([subject, value, withoutIt]) => (value ? [{ subject, value, withoutIt }] : []));
