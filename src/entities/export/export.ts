import { z } from 'zod';
import { defineEntity } from '../../ledger/define-entity.js';
import { defineEvent } from '../../ledger/event-registry.js';
import { count } from '../../wording/number-words.js';

/** Longest name of an export's file, in characters. */
const FILE_NAME_LENGTH_MAX = 200;

export const ExportWritten = defineEvent({
  type: 'ExportWritten',
  category: 'export',
  meaning: 'A run wrote the file of an export, which can be downloaded until its end and is then removed.',
  words: ({ policies, missing }) =>
    missing === 0
      ? count(policies, 'policy', 'policies')
      : `${count(policies, 'policy', 'policies')}, ${missing} missing`,
  data: z.strictObject({
    /** The name for the browser that downloads it. It needs no escaping in a header. */
    fileName: z
      .string()
      .max(FILE_NAME_LENGTH_MAX)
      .regex(/^[a-z0-9-]+\.zip$/),
    bytes: z.int().min(1),
    /** How many policies it contains. */
    policies: z.int().min(1),
    /** How many policies were chosen and are not in it. */
    missing: z.int().min(0),
    /** The time from which it can't be downloaded any more, ISO 8601. */
    endsAt: z.iso.datetime(),
  }),
});

/** The file of an export; its id is that of the run that wrote it. */
export const exportEntity = defineEntity({
  category: 'export',
  streams: '<tenant>.<run>',
  events: [ExportWritten],
});
