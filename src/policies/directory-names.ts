/** Names of groups and filters by their ids; the case of an id doesn't matter. */
export interface DirectoryNames {
  /** The group's name, or undefined when it isn't known. */
  group(id: string): string | undefined;
  /** The assignment filter's name, or undefined when it isn't known. */
  filter(id: string): string | undefined;
}

export const NO_NAMES: DirectoryNames = Object.freeze({ group: () => undefined, filter: () => undefined });

/** An id, preceded by its name when the name is known. */
export function withName(name: string | undefined, id: string): string {
  return name === undefined ? id : `${name} (${id})`;
}
