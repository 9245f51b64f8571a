import type { StatusBucket } from '../../runs/status-bucket.js';
import { count } from './format.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long before its end a warning about a credential begins (C4). */
const WARNED_DAYS = 30;

/** The warning about a certificate or a secret that has ended or will end soon. */
export interface CredentialEnding {
  readonly bucket: StatusBucket;
  readonly label: string;
}

/**
 * The warning about a credential that has ended or will end soon; null for any other. Times are milliseconds since
 * 1970. The end of a secret is null where nobody gave it, because only Entra knows it.
 */
export function endingOf(endsAt: number | null, now: number): CredentialEnding | null {
  if (endsAt === null || endsAt - now > WARNED_DAYS * DAY_MS) return null;
  if (endsAt <= now) return { bucket: 'failed', label: 'The connection’s credential has ended.' };
  return {
    bucket: 'partially_succeeded',
    label: `The connection’s credential ends in ${count(Math.ceil((endsAt - now) / DAY_MS), 'day')}.`,
  };
}
