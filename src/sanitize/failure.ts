import { sanitizeText } from './text.js';

/** What of a failure may be kept as it is: short values of a known form that help a person. */
export interface FailureDetails {
  readonly status?: number;
  readonly code?: string;
  readonly requestId?: string;
  readonly policyId?: string;
  readonly policyName?: string;
}

export interface SanitizedFailure {
  readonly reason: string;
  readonly details: FailureDetails;
}

export interface SanitizeFailureOptions {
  /** Known from the caller's own data rather than from the error. */
  readonly policyId?: string;
  readonly policyName?: string;
}

/** Turns anything thrown into a short sanitized reason and the details that are safe to keep. */
export function sanitizeFailure(error: unknown, options: SanitizeFailureOptions = {}): SanitizedFailure {
  const reason = sanitizeText(error instanceof Error ? error.message : String(error)).slice(0, 300);
  return { reason, details: { ...options } };
}
