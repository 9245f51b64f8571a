/** A filter in words, with a link that removes it. */
export interface FilterChip {
  readonly subject: string;
  readonly value: string;
  readonly withoutIt: string;
}

/** Chips of the active filters, each with its words and the address without it. */
export const filterChips = (
  filters: readonly (readonly [subject: string, value: string | undefined, withoutIt: string])[],
): readonly FilterChip[] =>
  filters.flatMap(([subject, value, withoutIt]) => (value ? [{ subject, value, withoutIt }] : []));
