import { z } from 'zod';

const time = z.iso.datetime();

/** An app registration as a simulated directory holds it. */
const appSchema = z.strictObject({
  clientId: z.guid(),
  secrets: z.array(z.strictObject({ value: z.string().min(1), endsAt: time.optional() })).default([]),
  /** PEM, without keys. */
  certificates: z.array(z.strictObject({ pem: z.string(), endsAt: time.optional() })).default([]),
  /** Application permissions that an administrator consented to; none at all is no consent. */
  roles: z.array(z.string()).default(['DeviceManagementConfiguration.Read.All']),
  consented: z.boolean().default(true),
  /** Refuses each sign-in with this number, as a Conditional Access policy would. */
  refusedWith: z.int().min(10_000).max(99_999_999).optional(),
});

/** What the simulated Entra knows; `opsledger graph-simulator --entra FILE` reads it from a file. */
export const entraSetupSchema = z.strictObject({
  directories: z.array(
    z.strictObject({
      directoryId: z.guid(),
      /** The simulated tenant whose Graph its tokens open. */
      tenant: z.string().default('default'),
      apps: z.array(appSchema).default([]),
    }),
  ),
  /** Life of a token, seconds; minutes show that renewing works. */
  tokenLifeSeconds: z.int().min(1).default(3600),
});

export type EntraSetup = z.output<typeof entraSetupSchema>;
export type EntraSetupInput = z.input<typeof entraSetupSchema>;
export type EntraDirectory = EntraSetup['directories'][number];
export type EntraApp = EntraDirectory['apps'][number];
