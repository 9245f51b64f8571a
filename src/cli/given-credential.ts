import { readFile } from 'node:fs/promises';
import type { EntraCredential } from '../graph/tokens/entra-connection.js';
import { CommandFailure, EXIT } from '../process/exit.js';
import { certificateAsGiven } from '../program/connections.js';
import { TenantRefusal } from '../tenancy/tenant-commands.js';
import { ask, type Terminal } from './ask.js';

/** Where a person names the credential of a connection. */
interface CredentialFlags {
  readonly secretFile?: string;
  readonly secretEnds?: string;
  readonly certificateFile?: string;
  readonly passphraseFile?: string;
}

interface GivenCredential {
  readonly credential: EntraCredential;
  readonly secretEndsOn: string | null;
}

/**
 * The credential from the files that the flags name, or from the terminal when they name none. Errors: CommandFailure
 * that says what can't be used.
 */
export async function credentialOf(
  flags: CredentialFlags,
  terminal: Terminal | null,
): Promise<GivenCredential> {
  const { secretFile, secretEnds = null, certificateFile, passphraseFile } = flags;
  if (secretFile === undefined && certificateFile === undefined && terminal)
    return credentialFrom(terminal, secretEnds);
  if ((secretFile === undefined) === (certificateFile === undefined))
    throw new CommandFailure('Give either --secret-file or --certificate-file.', EXIT.usage);
  if (secretFile !== undefined) {
    const secret = (await contentOf(secretFile)).toString('utf8').trim();
    return { credential: secretAsGiven(secret), secretEndsOn: secretEnds };
  }
  const passphrase =
    passphraseFile === undefined
      ? null
      : (await contentOf(passphraseFile)).toString('utf8').replace(/\r?\n$/, '');
  const file = await contentOf(certificateFile ?? '');
  const credential = await usable(() => certificateAsGiven(file, passphrase));
  return { credential, secretEndsOn: secretEnds };
}

/** Asks for a certificate's file and its passphrase, or else for a client secret and its end. */
async function credentialFrom(terminal: Terminal, secretEnds: string | null): Promise<GivenCredential> {
  const question = 'File of the certificate with its key, PEM or PFX (empty for a client secret): ';
  const name = await answerOf(() => ask(terminal, question));
  if (name !== '') {
    const file = await contentOf(name);
    const hidden = { hidden: true };
    const passphrase = await answerOf(() =>
      ask(terminal, 'Passphrase of its key (empty if it has none): ', hidden),
    );
    const credential = await usable(() => certificateAsGiven(file, passphrase === '' ? null : passphrase));
    return { credential, secretEndsOn: secretEnds };
  }
  const secret = await answerOf(() => ask(terminal, 'Client secret (it is not shown): ', { hidden: true }));
  const endsOn =
    secretEnds ??
    (await answerOf(() => ask(terminal, 'Day on which it ends, such as 2027-04-30 (empty if unknown): ')));
  return { credential: secretAsGiven(secret), secretEndsOn: endsOn === '' ? null : endsOn };
}

function secretAsGiven(secret: string): EntraCredential {
  if (secret === '') throw new CommandFailure('The secret is empty.', EXIT.usage);
  return { kind: 'secret', secret };
}

/** The answer to a question about what a flag would say. Errors: CommandFailure where nobody can be asked. */
export async function asked(terminal: Terminal | null, flag: string, question: string): Promise<string> {
  if (!terminal)
    throw new CommandFailure(`Give ${flag}, or use a terminal, where it is asked for.`, EXIT.usage);
  return answerOf(() => ask(terminal, question));
}

/** Errors: CommandFailure when the person leaves instead of answering. */
async function answerOf(question: () => Promise<string>): Promise<string> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError')
      throw new CommandFailure('Nothing was changed.');
    throw error;
  }
}

async function contentOf(file: string): Promise<Buffer> {
  if (file !== '-')
    return readFile(file).catch(() => {
      throw new CommandFailure(`The file ${file} can’t be read.`, EXIT.usage);
    });
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Returns the result of `make`, and turns its refusals into mistakes of the command. Errors: CommandFailure. */
export async function usable<Made>(make: () => Made | Promise<Made>): Promise<Made> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof TenantRefusal) throw new CommandFailure(error.message, EXIT.usage);
    throw error;
  }
}
