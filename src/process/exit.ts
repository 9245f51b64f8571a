/** Exit codes of the command line, as its help lists them. */
export const EXIT = {
  ok: 0,
  /** The requested work failed. */
  failed: 1,
  /** The command line or the configuration is not valid. */
  usage: 2,
} as const;

/** Ends a command with a sentence and an exit code, without a stack trace. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message);
  }
}
