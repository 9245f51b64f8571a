import type { TenantRequest } from './actors.js';

export interface NotificationsPort {
  /** Marks the person's own notifications read; `['*']` for all so far. At most 200 ids. */
  markRead(
    personId: string,
    change: {
      readonly tenantId: string;
      readonly notificationIds: readonly string[];
      readonly correlationId: string;
    },
  ): Promise<{ readonly position: number }>;
}

/** What a person chose for all of their pages. */
export interface PersonSettings {
  /** IANA name, or null where nothing was chosen. */
  readonly timeZone: string | null;
  /** Whether single keys are shortcuts. */
  readonly singleKeys: boolean;
}

export interface SettingsPort {
  /** Sets what a person chose for the pages of all their tenants; a zone of null is the installation's. */
  set(
    personId: string,
    settings: PersonSettings,
    correlationId: string,
  ): Promise<{ readonly position: number }>;
}

/** A change of a person's saved views; a view is known by its name, in any case. */
export type ViewChange =
  | { readonly kind: 'save'; readonly name: string; readonly query: string }
  | { readonly kind: 'remove'; readonly name: string }
  /** Opens the list with the view; null with none. */
  | { readonly kind: 'default'; readonly name: string | null };

export interface ViewsPort {
  /** Records changes together. Answers the ids of the views that they name. */
  change(
    personId: string,
    request: TenantRequest & { readonly changes: readonly ViewChange[] },
  ): Promise<{ readonly position: number; readonly viewIds: ReadonlyMap<string, string> }>;
}
