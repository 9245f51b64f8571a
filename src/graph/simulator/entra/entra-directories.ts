import type { EntraApp, EntraDirectory, EntraPerson, EntraSetup } from './entra-setup.js';

export interface EntraAccount {
  readonly directory: EntraDirectory;
  readonly person: EntraPerson;
}

/** The directories of the simulated Entra, and what people have consented to since it started. */
export interface EntraDirectories {
  directory(id: string): EntraDirectory | undefined;
  /** Whether an address names a directory that exists, or people of any directory (`common`, `organizations`). */
  isAudience(audience: string): boolean;
  /** The people who may sign in at an address. */
  accountsOf(audience: string): readonly EntraAccount[];
  /** The app that a directory knows: registered in it, or of another directory and consented to. */
  appIn(directoryId: string, clientId: string): EntraApp | undefined;
  /** The app that people sign in with at an address; in their directory it may not be known yet. */
  appAt(audience: string, clientId: string): EntraApp | undefined;
  /** Whether an administrator has granted the app's own permissions in a directory. */
  isConsented(directoryId: string, app: EntraApp): boolean;
  /** Grants the app's own permissions in a directory. */
  consentToApp(directoryId: string, app: EntraApp): void;
  /** Grants the app delegated permissions, for one person or for everybody in their directory. */
  consent(account: EntraAccount, app: EntraApp, scopes: readonly string[], forAll: boolean): void;
  /** The delegated permissions among `scopes` that nobody has granted the app for a person yet. */
  missing(account: EntraAccount, app: EntraApp, scopes: readonly string[]): readonly string[];
  isDisabled(objectId: string): boolean;
  setDisabled(objectId: string, disabled: boolean): void;
}

const ANY_DIRECTORY = /^(common|organizations)$/i;

/** Whether an address is for people of any directory (`common`, `organizations`). */
export const isAnyDirectory = (audience: string): boolean => ANY_DIRECTORY.test(audience);

/** Whether a person may sign in at an address. */
export const mayUse = (directories: EntraDirectories, audience: string, person: EntraPerson): boolean =>
  directories.accountsOf(audience).some((account) => account.person === person);

/** The directories of a setup; apps and people of all of them are found by their ids. */
export function createEntraDirectories({ directories }: EntraSetup): EntraDirectories {
  /** Apps of other directories that were consented to, by directory. */
  const guests = new Map<string, Map<string, EntraApp>>();
  const consentedApps = new Set<string>();
  const scopesOf = new Map<string, Set<string>>();
  const people = directories.flatMap((directory) => directory.people);
  const disabled = new Set(people.filter((person) => person.disabled).map(({ objectId }) => objectId));
  const key = (...ids: readonly string[]) => ids.join(' ').toLowerCase();
  const isCalled = (id: string) => (own: string) => own.toLowerCase() === id.toLowerCase();

  const directory = (id: string) => directories.find(({ directoryId }) => isCalled(id)(directoryId));
  const registeredIn = (place: EntraDirectory | undefined, clientId: string) =>
    place?.apps.find((app) => isCalled(clientId)(app.clientId));
  const multiTenantApp = (clientId: string) =>
    directories
      .flatMap(({ apps }) => apps)
      .find((app) => app.multiTenant && isCalled(clientId)(app.clientId));

  function add(directoryId: string, app: EntraApp): void {
    if (registeredIn(directory(directoryId), app.clientId)) return;
    const known = guests.get(directoryId) ?? new Map<string, EntraApp>();
    guests.set(directoryId, known.set(key(app.clientId), app));
  }

  return {
    directory,
    isAudience: (audience) => isAnyDirectory(audience) || directory(audience) !== undefined,
    accountsOf: (audience) =>
      directories
        .filter(({ directoryId }) => isAnyDirectory(audience) || isCalled(audience)(directoryId))
        .flatMap((place) => place.people.map((person) => ({ directory: place, person }))),
    appIn: (directoryId, clientId) =>
      registeredIn(directory(directoryId), clientId) ??
      guests.get(directory(directoryId)?.directoryId ?? '')?.get(key(clientId)),
    appAt: (audience, clientId) =>
      registeredIn(directory(audience), clientId) ??
      multiTenantApp(clientId) ??
      (isAnyDirectory(audience)
        ? directories.flatMap((place) => registeredIn(place, clientId) ?? [])[0]
        : undefined),
    isConsented: (directoryId, app) =>
      consentedApps.has(key(directoryId, app.clientId)) ||
      (app.consented && registeredIn(directory(directoryId), app.clientId) !== undefined),
    consentToApp(directoryId, app) {
      add(directoryId, app);
      consentedApps.add(key(directoryId, app.clientId));
    },
    consent({ directory: { directoryId }, person }, app, scopes, forAll) {
      add(directoryId, app);
      const at = key(directoryId, app.clientId, ...(forAll ? [] : [person.objectId]));
      scopesOf.set(at, new Set([...(scopesOf.get(at) ?? []), ...scopes]));
    },
    missing({ directory: { directoryId, apps }, person }, app, scopes) {
      const granted = [
        ...(apps.includes(app) ? app.consentedScopes : []),
        ...(scopesOf.get(key(directoryId, app.clientId)) ?? []),
        ...(scopesOf.get(key(directoryId, app.clientId, person.objectId)) ?? []),
      ];
      return scopes.filter((scope) => !granted.includes(scope));
    },
    isDisabled: (objectId) => disabled.has(objectId),
    setDisabled(objectId, isDisabled) {
      if (isDisabled) disabled.add(objectId);
      else disabled.delete(objectId);
    },
  };
}
