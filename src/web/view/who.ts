/** Names by person id, for people who did something. They come from primary data and may be deleted. */
export type Names = ReadonlyMap<string, string>;

/**
 * The name of whoever started a run or asked for it: for a member the present name, for anybody else the name at that
 * time.
 */
export const initiatorInWords = (
  by: {
    readonly initiator_kind: string;
    readonly initiator_id: string;
    readonly initiator_name: string | null;
  },
  names: Names,
): string => by.initiator_name ?? whoIs(by.initiator_kind, by.initiator_id, names);

/** The name of an actor when no name was recorded with the act. */
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
