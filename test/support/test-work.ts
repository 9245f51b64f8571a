import { z } from 'zod';
import { defineOperation, type OperationDefinition } from '../../src/operations/define.js';

/** A minimal operation type. Nothing starts it, and its handler does nothing. */
export const testWork = (
  over: { attemptLimit?: number; version?: number; effectTimeoutMs?: number } = {},
): OperationDefinition =>
  defineOperation({
    type: 'test.work',
    label: 'Work',
    description: 'Works.',
    itemisedBy: 'item',
    input: z.object({}),
    scope: z.object({}),
    context: z.object({}),
    contextUpcasters: { 1: (context) => context },
    plan: async () => ({ refusal: { code: 'invalid_input', message: 'unused' } }),
    handle: async () => ({ summary: '', related: [] }),
    ...over,
  });
