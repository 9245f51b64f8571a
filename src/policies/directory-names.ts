/** What groups and filters are called, by their ids in whatever case. */
export interface DirectoryNames {
  /** The group's name, or undefined where it isn't known. */
  group(id: string): string | undefined;
  /** The assignment filter's name, or undefined where it isn't known. */
  filter(id: string): string | undefined;
}

export const NO_NAMES: DirectoryNames = Object.freeze({ group: () => undefined, filter: () => undefined });

/** An id with its name before it, where one is known. */
export function withName(name: string | undefined, id: string): string {
  return name === undefined ? id : `${name} (${id})`;
}
