import { GraphError } from '../graph/client/graph-error.js';
import { RunFailure } from '../operations/run-failure.js';
import { bounded, REASON_LENGTH_MAX } from '../runs/run-events.js';
import { sanitizeFailure, sanitizeText } from '../sanitize/index.js';

/** The reason code and the sanitized reason of whatever was thrown. */
export function failureOf(error: unknown): { readonly reasonCode: string; readonly reason: string } {
  if (error instanceof RunFailure)
    return { reasonCode: error.reasonCode, reason: bounded(sanitizeText(error.message), REASON_LENGTH_MAX) };
  const reason = bounded(sanitizeFailure(error).reason, REASON_LENGTH_MAX);
  return { reasonCode: error instanceof GraphError ? error.reasonCode : 'unexpected', reason };
}
