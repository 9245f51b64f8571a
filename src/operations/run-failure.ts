/**
 * A failure with a reason code of the list: of the whole run, unless the handler records it as an item's. The text is
 * sanitized before it is recorded.
 */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';
  constructor(
    readonly reasonCode: string,
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
