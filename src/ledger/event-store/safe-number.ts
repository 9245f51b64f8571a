/** A revision or position as a number; 2^53 bytes of log are nine petabytes. Throws a RangeError beyond 2^53. */
export function safeNumber(value: bigint | number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is beyond what a position may be`);
  return number;
}
