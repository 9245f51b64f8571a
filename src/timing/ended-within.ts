import type { Clock } from '../clock.js';
import { later } from './later.js';

/** Whether a promise settles within `limitMs`. A rejection passes through. */
export function endedWithin(clock: Clock, promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const callOff = later(clock, limitMs, () => resolve(false));
    promise.then(
      () => {
        callOff();
        resolve(true);
      },
      (error: unknown) => {
        callOff();
        reject(error);
      },
    );
  });
}
