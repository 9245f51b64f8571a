import { DatabaseUnavailableError } from '../db/database-trouble.js';
import { ClockWrongError } from '../ledger/clock-check.js';
import { AppendOutcomeUnknownError, HistoryChangedError, LogUnavailableError } from '../ledger/event-log.js';
import { DamagedEventError, UnknownEventError } from '../ledger/event-registry.js';
import { WebError } from '../web/web-error.js';

/** The answer to a request that failed because of the event log or the database; undefined for any other error. */
export function troubleInWords(error: unknown): WebError | undefined {
  if (error instanceof DatabaseUnavailableError)
    return new WebError('unavailable', `${error.words} ${adviceOn(error)}`);
  if (error instanceof ClockWrongError)
    return new WebError('unavailable', `${capitalised(error.reason ?? '')}.`);
  if (error instanceof LogUnavailableError)
    return new WebError(
      'unavailable',
      error.reason === undefined
        ? 'The event store does not answer. Nothing was recorded; try again.'
        : `The event store takes no events (${error.reason}). Nothing was recorded; try again.`,
    );
  if (error instanceof HistoryChangedError)
    return new WebError(
      'unavailable',
      'Another log than before answers at the event store’s address, so this process stops. Nothing was recorded.',
    );
  if (error instanceof AppendOutcomeUnknownError)
    return new WebError(
      'unavailable',
      'The event store did not answer in time, and whether it took this is not known. Send the same again.',
    );
  if (error instanceof UnknownEventError)
    return new WebError(
      'unavailable',
      'A newer version of the program has written here, and this one can’t read that. Nothing was recorded; try again when this one has been updated.',
    );
  if (error instanceof DamagedEventError)
    return new WebError(
      'unavailable',
      'An event that this needs can’t be read; it is in the program’s log. Nothing was recorded.',
    );
  return undefined;
}

const adviceOn = ({ trouble }: DatabaseUnavailableError): string =>
  trouble === 'too-slow'
    ? 'Choose less, such as a shorter time, or try again in a moment.'
    : 'Try again in a moment.';

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
