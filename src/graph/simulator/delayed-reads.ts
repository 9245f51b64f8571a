import type { Clock } from '../../clock.js';
import type { GraphObject } from './graph-value.js';
import type { SimulatedState } from './tenant-state.js';

/** A write that reads don't show yet. */
interface HiddenWrite {
  /** The entity before, or undefined when the write created it. */
  readonly before: GraphObject | undefined;
  readonly untilMs: number;
}

/**
 * A state for writing and one for reading, which shows each write only after `delayMs`, as Graph's replicas may.
 * Without a delay both are the given state.
 */
export function delayedReads(
  state: SimulatedState,
  clock: Clock,
  delayMs: number,
): { readonly writes: SimulatedState; readonly reads: SimulatedState } {
  if (delayMs === 0) return { writes: state, reads: state };
  const hidden = new Map<string, HiddenWrite>();
  const keyOf = (path: string, id: string) => `${path}\n${id.toLowerCase()}`;
  const hiddenWrite = (path: string, id: string): HiddenWrite | undefined => {
    const write = hidden.get(keyOf(path, id));
    if (write && write.untilMs > clock.monotonicMs()) return write;
    hidden.delete(keyOf(path, id));
    return undefined;
  };
  const put: SimulatedState['put'] = (path, entity) => {
    const id = String(entity.id);
    const earlier = hiddenWrite(path, id);
    const before = earlier ? earlier.before : state.get(path, id);
    hidden.set(keyOf(path, id), { before, untilMs: clock.monotonicMs() + delayMs });
    state.put(path, entity);
  };
  return {
    writes: { ...state, put },
    reads: {
      ...state,
      get(path, id) {
        const write = hiddenWrite(path, id);
        return write && state.get(path, id) ? write.before : state.get(path, id);
      },
      page(path, after, size, accepts = () => true) {
        const shown = (entity: GraphObject) => {
          const write = hiddenWrite(path, String(entity.id));
          return write ? write.before : entity;
        };
        const page = state.page(path, after, size, (entity) => {
          const seen = shown(entity);
          return seen !== undefined && accepts(seen);
        });
        return { ...page, entities: page.entities.map((entity) => shown(entity) ?? entity) };
      },
    },
  };
}
