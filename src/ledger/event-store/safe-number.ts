/** Revisions and positions are numbers above this folder; 2^53 bytes of log is nine petabytes. Throws a RangeError beyond. */
export function safeNumber(value: bigint | number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is beyond what a position may be`);
  return number;
}
