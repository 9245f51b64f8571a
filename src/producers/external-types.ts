import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigError } from '../config.js';
import { defineExternalOperation, type ExternalOperation } from '../operations/define-external.js';
import { reasonCodeSchema, typeNameSchema } from '../runs/run-events.js';
import { issuesInWords } from '../wording/issue-words.js';

const sentence = z.string().min(1).max(300);
const durationMs = z.int().min(1_000).max(86_400_000);

const reasonCodeEntry = z.strictObject({
  kind: z.enum(['failure', 'skip']),
  retryable: z.boolean().default(false),
  meaning: sentence,
  advice: sentence,
});

const externalTypeSchema = z.strictObject({
  type: typeNameSchema,
  version: z.int().min(1).optional(),
  label: z.string().min(1).max(60),
  description: sentence,
  itemisedBy: z.string().min(1).max(60),
  /** The JSON Schema (2020-12) of a start's input; it must describe an object. */
  input: z.looseObject({ type: z.literal('object') }),
  /**
   * The input fields that identify the operation; starts with equal values have the same key. All fields when left
   * out.
   */
  scope: z.array(z.string().min(1).max(100)).max(50).optional(),
  reasonCodes: z.record(reasonCodeSchema, reasonCodeEntry).optional(),
  silenceMs: durationMs.optional(),
  claimWithinMs: durationMs.optional(),
});

const fileSchema = z.strictObject({
  /** For editors; ignored here. */
  $schema: z.string().optional(),
  types: z.array(externalTypeSchema).max(200),
});

/**
 * Reads the operation types of outside producers from a JSON file. All processes of an installation must read the
 * same file. Errors: ConfigError, which names what is wrong.
 */
export async function readExternalTypes(path: string): Promise<readonly ExternalOperation[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new ConfigError(`OPSLEDGER_EXTERNAL_TYPES is not usable: the file can't be read (${code}).`);
  });
  return parseExternalTypes(text);
}

/** The operation types that a file's text declares. Errors: ConfigError. */
export function parseExternalTypes(text: string): readonly ExternalOperation[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw wrong(String(error));
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) throw wrong(issuesInWords(parsed.error));
  return parsed.data.types.map((declared) => {
    try {
      return defineExternalOperation({ ...declared, input: z.fromJSONSchema(declared.input) });
    } catch (error) {
      throw wrong(`the input of ${declared.type} is no usable JSON Schema (${String(error)}).`);
    }
  });
}

const wrong = (what: string) => new ConfigError(`OPSLEDGER_EXTERNAL_TYPES is not usable: ${what}`);
