import { whoIs } from './who.js';

/** An event that begins or ends an attempt. */
export interface AttemptEvent {
  readonly type: string;
  readonly at: number;
  readonly attempt: number | null;
  readonly worker: string | null;
  readonly reason: string | null;
  readonly reasonCode: string | null;
  /** When the event before it was recorded, which is the last known sign of a worker that disappeared. */
  readonly signAt: number;
}

/** One worker's attempt at a run. */
export interface Attempt {
  readonly number: number;
  /** Who carried it out, in words: "worker w-1", or "producer renewer-1" for a program outside. */
  readonly worker: string;
  readonly from: number;
  /** When it ended or, for a worker that disappeared, its last sign of life; null while it goes on. */
  readonly to: number | null;
  /** How it ended, in words; empty while it goes on. */
  readonly end: string;
}

/** A producer's name is followed by the id of its API client, as `holderName` in src/producers writes it. */
const PRODUCER = /^(.*)@[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/s;

function holderInWords(holder: string): string {
  const producer = PRODUCER.exec(holder)?.[1];
  return producer === undefined ? whoIs('worker', holder, new Map()) : `producer ${producer}`;
}

/** The attempts of a run, from the events that begin and end them, oldest first. */
export function attemptsOf(events: readonly AttemptEvent[]): readonly Attempt[] {
  const attempts: Attempt[] = [];
  let open: Attempt | undefined;
  const close = (to: number, end: string) => {
    if (open) attempts.push({ ...open, to, end });
    open = undefined;
  };
  for (const event of events) {
    switch (event.type) {
      case 'RunStarted':
        close(event.signAt, 'no sign of its worker after this, so another took the run over');
        open = {
          number: event.attempt ?? attempts.length + 1,
          worker: holderInWords(event.worker ?? ''),
          from: event.at,
          to: null,
          end: '',
        };
        break;
      case 'RunReleased':
        close(event.at, `handed back: ${event.reason ?? ''}`);
        break;
      case 'RunCompleted':
        close(event.at, 'came to its end');
        break;
      case 'RunFailed':
      case 'RunAborted':
        if (event.reasonCode === 'worker_lost') close(event.signAt, 'no sign of its worker after this');
        else close(event.at, `failed: ${event.reason ?? ''}`);
        break;
    }
  }
  return open ? [...attempts, open] : attempts;
}
