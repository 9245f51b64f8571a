import type { CommonFailureCode } from '../runs/reason-codes.js';

/**
 * A failure with a reason code. It fails the whole run, unless the handler catches it and records it as the
 * failure of an item. The constructor takes common codes; `RunHandle.failure` makes one with a code of the type.
 * The text is sanitized before it is recorded.
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
