import type { TenantRequest } from './actors.js';

export interface NotificationsPort {
  /** Marks the person's own notifications as read; `['*']` marks all so far. At most 200 ids. */
  markRead(
    personId: string,
    change: {
      readonly tenantId: string;
      readonly notificationIds: readonly string[];
      readonly correlationId: string;
    },
  ): Promise<{ readonly position: number }>;
}

/** The settings that a person chose for all of their pages. */
export interface PersonSettings {
  /** IANA name, or null when none was chosen. */
  readonly timeZone: string | null;
  /** Whether single keys work as shortcuts. */
  readonly singleKeys: boolean;
}

export interface SettingsPort {
  /** Sets a person's settings for the pages of all their tenants. A zone of null means the installation's. */
  set(
    personId: string,
    settings: PersonSettings,
    correlationId: string,
  ): Promise<{ readonly position: number }>;
}

/** A change of a person's saved views. Views are found by name; upper and lower case don't matter. */
export type SavedViewChange =
  | { readonly kind: 'save'; readonly name: string; readonly query: string }
  | { readonly kind: 'remove'; readonly name: string }
  /** Makes a view the list's default; null for no default. */
  | { readonly kind: 'default'; readonly name: string | null };

export interface ViewsPort {
  /** Records the changes together. Returns the ids of the views that they name. */
  change(
    personId: string,
    request: TenantRequest & { readonly changes: readonly SavedViewChange[] },
  ): Promise<{ readonly position: number; readonly viewIds: ReadonlyMap<string, string> }>;
}
