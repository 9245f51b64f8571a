const SECONDS = /^\d{1,9}$/;

/** Milliseconds that a `Retry-After` asks for (seconds or an HTTP date), or null where it says nothing usable. */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  if (SECONDS.test(text)) return Number(text) * 1000;
  // Date.parse accepts almost anything; an HTTP date begins with the day's name and ends in GMT.
  if (!/^[A-Z][a-z]{2,8},? .* GMT$/.test(text)) return null;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
