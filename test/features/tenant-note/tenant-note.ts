import { z } from 'zod';
import { commandsOf } from '../../../src/ledger/define-command.js';
import { defineEntity } from '../../../src/ledger/define-entity.js';
import { defineEvent } from '../../../src/ledger/event-registry.js';
import { sanitizeText } from '../../../src/sanitize/index.js';

export const NoteWritten = defineEvent({
  type: 'NoteWritten',
  category: 'note',
  meaning: 'A person wrote a note, or wrote it anew.',
  words: ({ text }) => text,
  data: z.strictObject({ text: z.string().min(1).max(300) }),
});

export const NoteRemoved = defineEvent({
  type: 'NoteRemoved',
  category: 'note',
  meaning: 'A person removed a note.',
  data: z.strictObject({}),
});

/** The example of `docs/adding-an-entity.md`: notes that the members of a tenant write for each other. */
export const noteEntity = defineEntity({
  category: 'note',
  streams: '<tenant>.<note>',
  events: [NoteWritten, NoteRemoved],
  initial: { text: '', removed: false },
  evolve: (note, event) =>
    event.type === 'NoteWritten' ? { ...note, text: event.data.text } : { ...note, removed: true },
});

const noteCommand = commandsOf(noteEntity);
const noteId = z.guid();

/** Writes a note. Does nothing when the note has this text already. A removed note stays removed. */
export const writeNote = noteCommand({
  name: 'note.write',
  summary: 'Write a note',
  capability: 'runs.start',
  input: z.strictObject({
    noteId,
    text: z.string().transform(sanitizeText).pipe(z.string().min(1).max(300)),
  }),
  idOf: (input) => input.noteId,
  decide(note, { text }) {
    if (note.removed) return { refusal: 'This note was removed meanwhile. Write a new one.' };
    return note.text === text ? [] : [{ type: 'NoteWritten', data: { text } }];
  },
});

/** Removes a note for good. Does nothing when there is no such note. */
export const removeNote = noteCommand({
  name: 'note.remove',
  summary: 'Remove a note',
  capability: 'runs.start',
  input: z.strictObject({ noteId }),
  idOf: (input) => input.noteId,
  decide: (note) => (note.text === '' || note.removed ? [] : [{ type: 'NoteRemoved', data: {} }]),
});
