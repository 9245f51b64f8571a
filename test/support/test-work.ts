import { z } from 'zod';
import { defineOperation, type OperationDefinition } from '../../src/operations/define.js';

/** The least that an operation type is; nothing starts it, and its handler does nothing. */
export const testWork = (
  over: Partial<Pick<OperationDefinition, 'version' | 'attemptLimit'>> = {},
): OperationDefinition =>
  defineOperation({
    type: 'test.work',
    label: 'Work',
    description: 'Works.',
    itemisedBy: 'item',
    input: z.object({}),
    context: z.object({}),
    plan: async () => ({ refusal: { code: 'unused', message: 'unused' } }),
    handle: async () => ({ summary: '', related: [] }),
    ...over,
  });
