import { AppendOutcomeUnknownError, LogUnavailableError } from '../ledger/event-log.js';
import { WebError } from '../web/web-error.js';

/** Says in words of the web that the log is away. Errors: WebError `unavailable`, and those of the work. */
export async function answeredOrUnavailable<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LogUnavailableError)
      throw new WebError('unavailable', 'The event store does not answer. Nothing was recorded; try again.');
    if (error instanceof AppendOutcomeUnknownError)
      throw new WebError(
        'unavailable',
        'The event store did not answer in time, and whether it took this is not known. Send the same again.',
      );
    throw error;
  }
}
