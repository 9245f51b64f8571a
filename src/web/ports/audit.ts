import type { TenantRequest, WebActor } from './actors.js';

/** Records acts for which there is no other event. */
export interface AuditPort {
  /** Records that an export is downloaded. Wait for it before the first byte is sent. */
  exported(
    actor: WebActor,
    download: TenantRequest & {
      readonly what: string;
      readonly format: string;
      /** What was chosen: an id, or the filters of a list as in the address. */
      readonly subject: string | null;
      readonly rows: number | null;
    },
  ): Promise<{ readonly position: number }>;
}
