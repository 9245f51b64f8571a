import type { TenantRequest, WebActor } from './actors.js';

/** Acts that are no event elsewhere. */
export interface AuditPort {
  /** Records that an export is downloaded; to be awaited before its first byte is sent. */
  exported(
    actor: WebActor,
    download: TenantRequest & {
      readonly what: string;
      readonly format: string;
      /** What was chosen: an id, or the filters of a list as its address has them. */
      readonly subject: string | null;
      readonly rows: number | null;
    },
  ): Promise<{ readonly position: number }>;
}
