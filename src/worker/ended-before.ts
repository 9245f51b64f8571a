/** Whether a promise settles before the signal aborts. A rejection passes through. */
export function endedBefore(signal: AbortSignal, promise: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const giveUp = () => resolve(false);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
    promise.then(
      () => {
        signal.removeEventListener('abort', giveUp);
        resolve(true);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', giveUp);
        reject(error);
      },
    );
  });
}
