import { v5 as uuidv5 } from 'uuid';
import type { Chance } from '../clock.js';
import type { Config } from '../config.js';
import { pairwiseSubject } from '../graph/simulator/entra/person-tokens.js';
import { issuerAt } from '../graph/simulator/entra/simulated-entra.js';
import { CommandFailure, EXIT } from '../process/exit.js';
import { DEMO_PEOPLE, type DemoPerson, demoDirectoryId } from './demo-tenants.js';

const NAMESPACE = '0b8a6a52-6d0c-4f0b-9c57-0f8d6c2b1a35';
/** The app that people sign in with, apart from the one that reads the tenants. */
const CLIENT_ID = uuidv5('sign-in', NAMESPACE);
/** The tenants whose directories know the app; people of others may consent to it. */
const HOME = 'contoso';
const AWAY = 'northwind';
const PORT_MAX = 65_535;

/** How the demo's people sign in at the simulated Entra. */
export interface DemoSignIn {
  /** Port of the simulator. It stays the same, because people are known by the address of their issuer. */
  readonly port: number;
  readonly issuerOrigin: string;
  readonly publicUrl: string;
  readonly clientSecret: string;
}

/**
 * The sign-in for a configuration: the simulator listens on the port after the hub's. Errors: CommandFailure where the
 * configuration leaves no place for it.
 */
export function demoSignIn(config: Config, chance: Chance): DemoSignIn {
  const { OIDC_ISSUER, GRAPH_URL, OPSLEDGER_HOST: host, OPSLEDGER_PORT: hubPort } = config;
  if (OIDC_ISSUER !== undefined)
    throw new CommandFailure('--entra-sign-in replaces OIDC_ISSUER: leave one of them out.', EXIT.usage);
  if (GRAPH_URL !== undefined)
    throw new CommandFailure(
      '--entra-sign-in needs the demo’s own simulator: leave --graph-url out.',
      EXIT.usage,
    );
  if (hubPort === 0 || hubPort >= PORT_MAX)
    throw new CommandFailure(
      '--entra-sign-in needs a fixed --port with a free one after it, because people come back to its address.',
      EXIT.usage,
    );
  const port = hubPort + 1;
  return {
    port,
    issuerOrigin: `http://127.0.0.1:${port}`,
    publicUrl: config.OPSLEDGER_PUBLIC_URL ?? `http://${host.includes(':') ? `[${host}]` : host}:${hubPort}`,
    clientSecret: chance.uuid(),
  };
}

/** The configuration with the sign-in, as an administrator would set it for a registered app. */
export const withDemoSignIn = (config: Config, signIn: DemoSignIn): Config => ({
  ...config,
  OIDC_ISSUER: `${signIn.issuerOrigin}/organizations/v2.0`,
  OIDC_CLIENT_ID: CLIENT_ID,
  OIDC_CLIENT_SECRET: signIn.clientSecret,
  OPSLEDGER_PUBLIC_URL: signIn.publicUrl,
});

const homeOf = ({ subject }: DemoPerson): string => (subject === 'night-operator' ? AWAY : HOME);
const objectIdOf = ({ subject }: DemoPerson): string => uuidv5(subject, NAMESPACE);

/** The name that a person signs in with, such as `owner@contoso.example`. */
export const demoAccount = (person: DemoPerson): string => `${person.subject}@${homeOf(person)}.example`;

/** Issuer and subject of a person's account, as the tokens for the app name them. */
export const demoIdentity = (person: DemoPerson, { issuerOrigin }: DemoSignIn) => ({
  issuer: issuerAt(issuerOrigin, demoDirectoryId(homeOf(person))),
  subject: pairwiseSubject(CLIENT_ID, objectIdOf(person)),
});

/** What a demo tenant's directory holds for the sign-in: the app in one, and the people in two of them. */
export function signInDirectory(slug: string, { clientSecret, publicUrl }: DemoSignIn) {
  const app = {
    clientId: CLIENT_ID,
    secrets: [{ value: clientSecret }],
    multiTenant: true,
    redirectUris: [`${publicUrl}/signin/oidc/callback`, `${publicUrl}/signin`],
    consentedScopes: ['openid', 'profile', 'email', 'offline_access'],
  };
  return {
    apps: slug === HOME ? [app] : [],
    people: DEMO_PEOPLE.filter((person) => homeOf(person) === slug).map((person) => ({
      objectId: objectIdOf(person),
      account: demoAccount(person),
      name: person.displayName,
      administrator: person.subject === 'owner',
    })),
  };
}
