import { z } from 'zod';
import { ASSERTION_ALGORITHMS } from '../../tokens/entra-connection.js';

const time = z.iso.datetime();

/** An app registration as a simulated directory holds it. */
const appSchema = z.strictObject({
  clientId: z.guid(),
  secrets: z.array(z.strictObject({ value: z.string().min(1), endsAt: time.optional() })).default([]),
  /** Certificates as PEM, without their keys. */
  certificates: z.array(z.strictObject({ pem: z.string(), endsAt: time.optional() })).default([]),
  /** Algorithms of signed assertions that are accepted. */
  assertionAlgorithms: z.array(z.enum(ASSERTION_ALGORITHMS)).default([...ASSERTION_ALGORITHMS]),
  /** Application permissions that an administrator has granted. */
  roles: z.array(z.string()).default(['DeviceManagementConfiguration.Read.All']),
  consented: z.boolean().default(true),
  /** The number with which each sign-in is refused, as a Conditional Access policy would do. */
  refusedWith: z.int().min(10_000).max(99_999_999).optional(),
});

/**
 * The directories and apps of the simulated Entra; `opsledger graph-simulator --entra FILE` reads them from a
 * file.
 */
export const entraSetupSchema = z.strictObject({
  directories: z.array(
    z.strictObject({
      directoryId: z.guid(),
      /** The simulated tenant whose Graph accepts its tokens. */
      tenant: z.string().default('default'),
      apps: z.array(appSchema).default([]),
    }),
  ),
  /** Lifetime of a token, seconds; a short one tests that clients renew their tokens. */
  tokenLifeSeconds: z.int().min(1).default(3600),
});

export type EntraSetup = z.output<typeof entraSetupSchema>;
export type EntraSetupInput = z.input<typeof entraSetupSchema>;
export type EntraDirectory = EntraSetup['directories'][number];
export type EntraApp = EntraDirectory['apps'][number];
