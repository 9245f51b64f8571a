import { parseHttpDate } from './http-date.js';

const DECIMAL = /^\d{1,9}(?:\.\d{0,20})?$|^\.\d{1,20}$/;

/** Returns a header by its lower-case name, or null when the answer doesn't have it. */
export type HeaderOf = (name: string) => string | null;

/**
 * The wait that an answer asks for in milliseconds, or null when it has no usable header: `Retry-After` in seconds
 * (decimals are rounded up) or as an HTTP date, or `x-ms-retry-after-ms` in milliseconds; the longer one of both.
 * A date is compared with the answer's own `Date` header if it has one, so that a wrong clock of this machine
 * doesn't shorten the wait.
 */
export function askedWaitMs(header: HeaderOf, nowMs: number): number | null {
  const waits = [secondsOrDateMs(header, nowMs), decimalOf(header('x-ms-retry-after-ms'))].flatMap(
    (ms) => ms ?? [],
  );
  return waits.length === 0 ? null : Math.ceil(Math.max(...waits));
}

function secondsOrDateMs(header: HeaderOf, nowMs: number): number | null {
  const text = header('retry-after')?.trim() ?? '';
  const seconds = decimalOf(text);
  if (seconds !== null) return Math.ceil(seconds) * 1000;
  const date = parseHttpDate(text, nowMs);
  if (date === null) return null;
  const answeredAt = parseHttpDate(header('date')?.trim() ?? '', nowMs) ?? nowMs;
  return Math.max(0, date - answeredAt);
}

function decimalOf(text: string | null): number | null {
  const trimmed = text?.trim() ?? '';
  return DECIMAL.test(trimmed) ? Number(trimmed) : null;
}
