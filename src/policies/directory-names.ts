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

const ID_TEXT = /^"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"$/i;

/** A value of a setting in JSON, with the group's name before it when it is the id of a group with a known name. */
export function withGroupName(names: DirectoryNames, value: string): string {
  const id = ID_TEXT.exec(value)?.[1];
  return id === undefined ? value : JSON.stringify(withName(names.group(id), id));
}
