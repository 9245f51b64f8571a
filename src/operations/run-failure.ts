import type { CommonFailureCode } from '../runs/reason-codes.js';

/**
 * A failure with a reason code: of the whole run, unless the handler records it as an item's. Made here with a common
 * code; with one of the type's own by `RunHandle.failure`. The text is sanitized before it is recorded.
 */
export class RunFailure<Code extends string = CommonFailureCode> extends Error {
  override readonly name = 'RunFailure';
  constructor(
    readonly reasonCode: NoInfer<Code>,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(reason, options);
  }
}

/** The run belongs to another worker now, or has ended: stop without recording anything. */
export class ClaimLostError extends Error {
  override readonly name = 'ClaimLostError';
}
