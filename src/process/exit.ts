/** Exit codes of the command line, as its help lists them. */
export const EXIT = {
  ok: 0,
  /** What was asked failed. */
  failed: 1,
  /** The command line or the configuration isn't usable. */
  usage: 2,
} as const;

/** Ends a command with a sentence and an exit code instead of a stack trace. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message);
  }
}
