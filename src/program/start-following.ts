import { unlessAborted } from './server-waits.js';

/**
 * Starts something that follows the log. When the signal aborts meanwhile, or the start fails, it is stopped again
 * and the error is thrown.
 */
export async function startFollowing<Following extends { start(): Promise<void>; stop(): Promise<void> }>(
  following: Following,
  signal: AbortSignal | undefined,
): Promise<Following> {
  try {
    await (signal ? unlessAborted(signal, following.start()) : following.start());
    return following;
  } catch (error) {
    await following.stop();
    throw error;
  }
}
