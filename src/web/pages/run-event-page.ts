import { z } from 'zod';
import { findEvent, firstRevision, type RunEventRow } from '../hub/run-history.js';
import { eventCode, eventWords, writtenTimeIfWrong } from '../view/event-words.js';
import { eventActorInWords } from '../view/who.js';
import { runPage } from './run-page.js';
import { peopleOf } from './run-rows.js';

const REVISION = /^(0|[1-9]\d{0,8})$/;

/** One event of a run with all of its data, at an address that an auditor can cite. */
export const runEventPage = runPage<object>({
  path: '/runs/:run/history/:revision',
  capability: 'history.read',
  template: 'pages/run-event',
  query: z.object({}),
  async load({ db, params, runtime }, run, header) {
    const { revision: text = '' } = params;
    const event = REVISION.test(text) ? await findEvent(db, run.run_id, Number(text)) : undefined;
    if (!event) return undefined;
    const startsAt = firstRevision(run.run_id);
    const number = event.revision - startsAt + 1;
    return {
      title: `${event.type}, event ${number} of ${run.title}`,
      view: {
        header,
        tab: 'history',
        event,
        number,
        startsAt,
        of: run.events,
        words: eventWords(runtime.deps.events, event),
        code: eventCode(event),
        chain: chainOf(event, number > 1 ? await findEvent(db, run.run_id, event.revision - 1) : undefined),
        wrongTime: writtenTimeIfWrong(event),
        by: eventActorInWords(event, run, await runtime.names([event.actor_id])),
        previous: number > 1 ? event.revision - 1 : null,
        next: number < run.events ? event.revision + 1 : null,
      },
      people: peopleOf([run]),
    };
  },
  fragments: async () => ({ fragments: [], people: [] }),
});

/** An event's place in the hash chain. `holds` is null when the event before it belongs to another run. */
function chainOf({ metadata }: RunEventRow, before: RunEventRow | undefined) {
  const follows = String(metadata.prevHash ?? '');
  return {
    hash: String(metadata.hash ?? ''),
    follows,
    holds: before ? String(before.metadata.hash ?? '') === follows : null,
  };
}
