/** Whether a promise settles before the signal aborts. A rejection passes through. */
export async function endedBefore(signal: AbortSignal, promise: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  const aborted = new Promise<false>((resolve) => {
    if (signal.aborted) resolve(false);
    signal.addEventListener('abort', () => resolve(false), { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([promise.then(() => true), aborted]);
  } finally {
    over.abort();
  }
}
