/**
 * Why the embedded PostgreSQL can't run, in a sentence for the person who started the program. `in_use`: another
 * process uses the data folder. `port_taken`: another program uses the chosen port. `unusable`: binaries, folder or
 * data don't allow a start.
 */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
  constructor(
    readonly kind: 'in_use' | 'port_taken' | 'unusable',
    sentence: string,
    options?: ErrorOptions,
  ) {
    super(sentence, options);
  }
}
