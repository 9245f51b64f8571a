import { z } from 'zod';
import { defineExternalOperation } from '../../src/operations/define-external.js';
import { builtInOperations, createOperationRegistry } from '../../src/operations/registry.js';

/** A type for tests that an outside program carries out. */
export const CERTIFICATES = defineExternalOperation({
  type: 'certificates.renew',
  label: 'Certificate renewal',
  description: 'Renews the certificates of a vault.',
  itemisedBy: 'certificate',
  input: z.strictObject({ vault: z.string().max(100), force: z.boolean().default(false) }),
  scope: ['vault'],
  reasonCodes: {
    certificate_revoked: {
      kind: 'failure',
      retryable: false,
      meaning: 'The certificate is revoked.',
      advice: 'Order a new one.',
    },
    still_valid: {
      kind: 'skip',
      retryable: false,
      meaning: 'It is valid for long enough.',
      advice: 'Nothing to do.',
    },
  },
});

/** The product's types and the type above. */
export const operationsWithProducer = createOperationRegistry([...builtInOperations.values(), CERTIFICATES]);
