import { z } from 'zod';
import { environmentSchema } from '../../src/config.js';
import { code, markdownTable } from './generated-blocks.js';

const described = z.object({
  properties: z.record(z.string(), z.object({ description: z.string(), default: z.unknown().optional() })),
});

/** Every variable with its meaning and its default, for `docs/operating.md`. */
export function variableTable(): Record<string, string> {
  const schema = z.toJSONSchema(environmentSchema, { io: 'input', unrepresentable: 'any' });
  const { properties } = described.parse(schema);
  const rows = Object.entries(properties).map(([name, { description, default: fallback }]) => [
    code(name),
    description,
    fallback === undefined || fallback === '' ? '' : code(String(fallback)),
  ]);
  return { variables: markdownTable(['Variable', 'What it is', 'Default'], rows) };
}
