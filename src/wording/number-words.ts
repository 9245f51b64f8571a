const grouped = new Intl.NumberFormat('en-GB');

/** 1204 → "1,204". */
export const number = (value: number): string => grouped.format(value);

/** 1 item, 2 items. */
export function count(value: number, singular: string, plural = `${singular}s`): string {
  return `${number(value)} ${value === 1 ? singular : plural}`;
}
