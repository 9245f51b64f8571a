import { z } from 'zod';
import { ASSERTION_ALGORITHMS } from '../../tokens/entra-connection.js';

const time = z.iso.datetime();
const aadsts = z.int().min(10_000).max(99_999_999);

/** An app registration as a simulated directory holds it. */
const appSchema = z.strictObject({
  clientId: z.guid(),
  secrets: z.array(z.strictObject({ value: z.string().min(1), endsAt: time.optional() })).default([]),
  /** Certificates as PEM, without their keys; `endsAt` in place of the certificate's own end. */
  certificates: z.array(z.strictObject({ pem: z.string(), endsAt: time.optional() })).default([]),
  /** Algorithms of signed assertions that are accepted. */
  assertionAlgorithms: z.array(z.enum(ASSERTION_ALGORITHMS)).default([...ASSERTION_ALGORITHMS]),
  /** Application permissions that an administrator has granted. */
  roles: z.array(z.string()).default(['DeviceManagementConfiguration.Read.All']),
  consented: z.boolean().default(true),
  /** Shown to people who sign in with the app. */
  name: z.string().min(1).default('Opsledger'),
  /** Addresses to which people are sent back after signing in, consenting and signing out. */
  redirectUris: z.array(z.url()).default([]),
  /** Delegated permissions that an administrator has granted for everybody, such as `GroupMember.Read.All`. */
  consentedScopes: z.array(z.string()).default([]),
  /** Whether people and administrators of other directories may consent to the app. */
  multiTenant: z.boolean().default(false),
  /** The number with which each sign-in is refused, as a Conditional Access policy would do. */
  refusedWith: aadsts.optional(),
});

/** An account of a person in a directory. */
const personSchema = z.strictObject({
  objectId: z.guid(),
  /** The name that they sign in with, such as `mara@contoso.example`; Entra calls it the user principal name. */
  account: z.email(),
  name: z.string().min(1),
  /** Whether they may consent for everybody in the directory. */
  administrator: z.boolean().default(false),
  disabled: z.boolean().default(false),
  /** The number with which each of their sign-ins is refused, as a Conditional Access policy would do. */
  refusedWith: aadsts.optional(),
});

/**
 * The directories, apps and people of the simulated Entra; `opsledger graph-simulator --entra FILE` reads them from a
 * file.
 */
export const entraSetupSchema = z.strictObject({
  directories: z.array(
    z.strictObject({
      directoryId: z.guid(),
      /** The simulated tenant whose Graph accepts its tokens. */
      tenant: z.string().default('default'),
      apps: z.array(appSchema).default([]),
      people: z.array(personSchema).default([]),
    }),
  ),
  /** Lifetime of a token, seconds; a short one tests that clients renew their tokens. */
  tokenLifeSeconds: z.int().min(1).default(3600),
});

export type EntraSetup = z.output<typeof entraSetupSchema>;
export type EntraSetupInput = z.input<typeof entraSetupSchema>;
export type EntraDirectory = EntraSetup['directories'][number];
export type EntraPerson = EntraDirectory['people'][number];
export type EntraApp = EntraDirectory['apps'][number];
