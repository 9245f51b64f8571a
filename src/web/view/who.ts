/** Names of actors by id. Those of persons and API tokens come from primary data and may be deleted. */
export type Names = ReadonlyMap<string, string>;

/** Names of the program's own actors, by id. */
const PROGRAM_NAMES: Names = new Map([
  ['cli', 'command line'],
  ['local-cli', 'CLI on this machine'],
  ['demo', 'demo set-up'],
]);

/** The initiator of a run, as rows of the read models have it. */
interface Initiated {
  readonly initiator_kind: string;
  readonly initiator_id: string;
  readonly initiator_name: string | null;
}

/** Who recorded an event of a run; the run's initiator has the name that the run was started with. */
export const eventActorInWords = (
  event: { readonly actor_kind: string; readonly actor_id: string },
  run: Initiated,
  names: Names,
): string =>
  event.actor_kind === run.initiator_kind && event.actor_id === run.initiator_id
    ? initiatorInWords(run, names)
    : whoIs(event.actor_kind, event.actor_id, names);

/**
 * The name of whoever started a run or asked for it: for a member the present name, for anybody else the name at that
 * time.
 */
export const initiatorInWords = (by: Initiated, names: Names): string =>
  by.initiator_name ?? whoIs(by.initiator_kind, by.initiator_id, names);

/** Who made a backup set: a person, a schedule by its name, or a live restore that kept what it overwrote. */
export function whoMadeSet(
  set: {
    readonly schedule_name: string | null;
    readonly created_by_kind: string;
    readonly created_by_id: string;
  },
  names: Names,
): string {
  if (set.schedule_name !== null) return `schedule ${set.schedule_name}`;
  return set.created_by_kind === 'worker'
    ? 'a live restore'
    : whoIs(set.created_by_kind, set.created_by_id, names);
}

/** The name of an actor: one from `names`, or what its kind and id say. The id of a deleted person may be null. */
export function whoIs(kind: string, id: string | null, names: Names): string {
  const name = id === null ? undefined : (names.get(id) ?? PROGRAM_NAMES.get(id));
  if (name !== undefined) return name;
  switch (kind) {
    case 'member':
      return 'a former member';
    case 'schedule':
      return 'schedule';
    case 'api':
      return 'API client';
    case 'worker':
      return id?.startsWith('worker') ? id : `worker ${id}`;
    case 'system':
      return `system (${id})`;
    default:
      return kind;
  }
}
