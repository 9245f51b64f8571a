/** Who did something, as pages say it. Names of persons come from primary data and may be gone. */
export type Names = ReadonlyMap<string, string>;

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
