/** Fewer minor events in a row than this are shown as rows, because joining them saves no line. */
const FOLDED_MIN = 2;

/** Consecutive events on a page of the history: major events, or minor events that are shown as one line. */
export interface HistorySection<Event> {
  readonly folded: boolean;
  /** How often each type occurs, in words: "3 RunProgressNoted, 1 RunTotalSet". */
  readonly summary: string;
  readonly events: readonly [Event, ...Event[]];
}

/**
 * Divides the events of a page into sections, in order. A new day begins a new section, so that its heading can stand
 * before it.
 */
export function historySections<Event extends { readonly type: string; readonly minor: boolean }>(
  events: readonly Event[],
  startsDay: (event: Event) => boolean,
): readonly HistorySection<Event>[] {
  const groups: { minor: boolean; events: [Event, ...Event[]] }[] = [];
  for (const event of events) {
    const { minor } = event;
    const open = groups.at(-1);
    if (open && open.minor === minor && !startsDay(event)) open.events.push(event);
    else groups.push({ minor, events: [event] });
  }
  return groups.map(({ minor, events }) => ({
    folded: minor && events.length >= FOLDED_MIN,
    summary: typesInWords(events),
    events,
  }));
}

function typesInWords(events: readonly { readonly type: string }[]): string {
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, times]) => `${times} ${type}`).join(', ');
}
