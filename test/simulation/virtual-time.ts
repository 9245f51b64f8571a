/** Time that a test moves: nothing really waits, and everything happens in a fixed order. */
export interface VirtualTime {
  /** Milliseconds since the history began. */
  nowMs(): number;
  /** Calls a function after a time; the returned function cancels that. */
  after(delayMs: number, fire: () => void): () => void;
  /** Carries out everything that is due within `forMs`, or until `enough` is true. */
  pass(forMs: number, enough?: () => boolean): Promise<void>;
}

interface Timer {
  readonly atMs: number;
  readonly order: number;
  fire: (() => void) | undefined;
}

export function createVirtualTime(): VirtualTime {
  const heap: Timer[] = [];
  let nowMs = 0;
  let order = 0;

  const earlier = (a: Timer, b: Timer) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

  function push(timer: Timer): void {
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up] as Timer;
      if (earlier(parent, timer)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = timer;
  }

  function pop(): Timer | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || first === last) return first;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      const left = heap[down];
      if (!left) break;
      const right = heap[down + 1];
      if (right && earlier(right, left)) down += 1;
      const child = heap[down] as Timer;
      if (earlier(last, child)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
    return first;
  }

  return {
    nowMs: () => nowMs,
    after(delayMs, fire) {
      order += 1;
      const timer: Timer = { atMs: nowMs + Math.max(0, delayMs), order, fire };
      push(timer);
      return () => {
        timer.fire = undefined;
      };
    },
    async pass(forMs, enough = () => false) {
      const untilMs = nowMs + forMs;
      for (;;) {
        await everythingReady();
        if (enough()) return;
        let next = heap[0];
        while (next && !next.fire) {
          pop();
          next = heap[0];
        }
        if (!next || next.atMs > untilMs) break;
        pop();
        nowMs = next.atMs;
        next.fire?.();
      }
      nowMs = untilMs;
    },
  };
}

/** Promises settle in a fixed order; a macrotask runs when no promise is left to settle. */
const everythingReady = () => new Promise<void>((resolve) => setImmediate(resolve));
