import { z } from 'zod';
import { defineOperation } from '../../../src/operations/define.js';
import { PersonGreeted } from './tenant-greeting-events.js';

/** The example of `docs/adding-an-operation-type.md`: it greets persons, one item for each. */
export const tenantGreeting = defineOperation({
  type: 'tenant.greet',
  label: 'Greeting',
  description: 'Greets the named people, one after the other.',
  itemisedBy: 'person',
  // Persons who are given twice or in another order make the same operation.
  input: z.strictObject({
    names: z
      .array(z.string().min(1).max(100))
      .min(1)
      .max(1000)
      .transform((names) => [...new Set(names)].sort()),
    language: z.enum(['en', 'de']).default('en'),
  }),
  scope: z.strictObject({ names: z.array(z.string()) }),
  context: z.strictObject({ names: z.array(z.string()), language: z.enum(['en', 'de']) }),
  events: [PersonGreeted],
  reasonCodes: {
    no_greeting_for: {
      kind: 'failure',
      retryable: false,
      meaning: 'There is no greeting for this name.',
      advice: 'Leave the name out.',
    },
  },
  async plan({ names, language }) {
    return {
      plan: {
        scope: { names },
        context: { names, language },
        title: `Greeting of ${names.length} people`,
        total: names.length,
        related: [],
      },
    };
  },
  async handle(run, { names, language }) {
    const greeting = language === 'de' ? 'Guten Tag' : 'Good day';
    for (const name of names) {
      run.signal.throwIfAborted();
      // After a crash the next attempt skips what an earlier one recorded.
      if (run.recorded.has(name)) continue;
      const words = `${greeting}, ${name}`;
      const item = { itemId: name, label: words, subject: null };
      if (name === 'Nobody')
        await run.record({
          ...item,
          outcome: 'failed',
          reasonCode: 'no_greeting_for',
          reason: 'Nobody answered.',
        });
      else
        await run.record(
          { ...item, outcome: 'succeeded', reasonCode: null, reason: null },
          { type: 'PersonGreeted', data: { name, words } },
        );
    }
    return { summary: `${names.length} people greeted`, related: [] };
  },
});
