import { credsAuthenticator } from 'nats';

/** Whether a text is a file of NATS credentials: a user's JWT, and the seed that goes with it. */
export function holdsUserCredentials(text: string): boolean {
  try {
    credsAuthenticator(new TextEncoder().encode(text))('any nonce');
    return true;
  } catch {
    return false;
  }
}
