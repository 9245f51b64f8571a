/** Who did something, as pages say it. Names of persons come from primary data and may be gone. */
export type Names = ReadonlyMap<string, string>;

/** Who started a run or asked for it: a member by the name of today, anybody else by the name that they had then. */
export const initiatorInWords = (
  by: {
    readonly initiator_kind: string;
    readonly initiator_id: string;
    readonly initiator_name: string | null;
  },
  names: Names,
): string => by.initiator_name ?? whoIs(by.initiator_kind, by.initiator_id, names);

/** Who acted, where no name was kept with it. */
export function whoIs(kind: string, id: string, names: Names): string {
  switch (kind) {
    case 'member':
      return names.get(id) ?? 'a former member';
    case 'schedule':
      return 'schedule';
    case 'api':
      return 'API client';
    case 'worker':
      return id.startsWith('worker') ? id : `worker ${id}`;
    case 'system':
      return `system (${id})`;
    default:
      return kind;
  }
}
