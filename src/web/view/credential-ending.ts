import { count } from './format.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long before its end a credential is warned of (C4). */
const WARNED_DAYS = 30;

/** A certificate that has ended or soon will, in words. */
export interface CredentialEnding {
  readonly ended: boolean;
  readonly words: string;
}

/**
 * What is to be said of a certificate that has ended or soon will; null of any other. Times are milliseconds since
 * 1970; a secret's end is null, because Entra alone knows it.
 */
export function endingOf(endsAt: number | null, now: number): CredentialEnding | null {
  if (endsAt === null || endsAt - now > WARNED_DAYS * DAY_MS) return null;
  if (endsAt <= now) return { ended: true, words: 'The certificate has ended.' };
  return {
    ended: false,
    words: `The certificate ends in ${count(Math.ceil((endsAt - now) / DAY_MS), 'day')}.`,
  };
}
