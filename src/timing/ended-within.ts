import type { Clock } from '../clock.js';
import { later } from './later.js';

/** Whether a promise settles within `limitMs`. A rejection passes through. */
export function endedWithin(clock: Clock, promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = later(clock, limitMs, () => resolve(false));
    promise.then(
      () => {
        cancel();
        resolve(true);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
