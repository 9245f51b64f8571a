/** The file of an export. */
export interface ExportedFile {
  readonly bytes: number;
  /** Its content, decrypted part by part as it is read; it can be read once. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** Files of exports, which no event holds. */
export interface ExportsPort {
  /** Opens the file that a run wrote; undefined before it is finished and after it has expired. */
  open(tenantId: string, runId: string): Promise<ExportedFile | undefined>;
}
