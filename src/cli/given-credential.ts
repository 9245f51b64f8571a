import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { decodedText, UnreadableTextError } from '../decoded-text.js';
import { CertificateProblem, readCertificate } from '../graph/tokens/certificate.js';
import type { EntraCredential } from '../graph/tokens/entra-connection.js';
import { CommandFailure, EXIT } from '../process/exit.js';
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
    if (passphraseFile !== undefined)
      throw new CommandFailure(
        'Leave --passphrase-file out: only the key of a certificate has one.',
        EXIT.usage,
      );
    const secret =
      secretFile === '-' && terminal ? await askSecret(terminal) : textIn(await contentOf(secretFile));
    return { credential: secretAsGiven(secret), secretEndsOn: secretEnds };
  }
  if (certificateFile === '-' && (terminal || passphraseFile === '-'))
    throw new CommandFailure(
      'Standard input can’t hold that: name a file of the certificate, or one of the passphrase.',
      EXIT.usage,
    );
  const passphrase = passphraseFile === undefined ? null : await passphraseIn(passphraseFile, terminal);
  const file = await contentOf(certificateFile ?? '');
  return { credential: await certificateOf(file, passphrase, terminal), secretEndsOn: secretEnds };
}

/** Asks for a certificate's file, or else for a client secret and its end. */
async function credentialFrom(terminal: Terminal, secretEnds: string | null): Promise<GivenCredential> {
  const question = 'File of the certificate with its key, PEM or PFX (empty for a client secret): ';
  const name = await answerOf(() => ask(terminal, question));
  if (name !== '') {
    const file = await contentOf(name.startsWith('~/') ? path.join(homedir(), name.slice(2)) : name);
    return { credential: await certificateOf(file, null, terminal), secretEndsOn: secretEnds };
  }
  const credential = secretAsGiven(await askSecret(terminal));
  const endsOn =
    secretEnds ??
    (await answerOf(() => ask(terminal, 'Day on which it ends, such as 2027-04-30 (empty if unknown): ')));
  return { credential, secretEndsOn: endsOn === '' ? null : endsOn };
}

const askSecret = (terminal: Terminal): Promise<string> =>
  answerOf(() => ask(terminal, 'Client secret (it is not shown): ', { hidden: true }));

const askPassphrase = (terminal: Terminal): Promise<string> =>
  answerOf(() => ask(terminal, 'Passphrase of its key (it is not shown): ', { hidden: true }));

/** Asks for the passphrase when the file needs one and none is given. Errors: CommandFailure. */
async function certificateOf(
  file: Uint8Array,
  passphrase: string | null,
  terminal: Terminal | null,
): Promise<EntraCredential> {
  try {
    return await readCertificate(file, passphrase);
  } catch (error) {
    if (!(error instanceof CertificateProblem)) throw error;
    if (!error.needsPassphrase) throw new CommandFailure(error.message, EXIT.usage);
    if (!terminal) throw new CommandFailure(`${error.message} (--passphrase-file)`, EXIT.usage);
    return certificateOf(file, await askPassphrase(terminal), null);
  }
}

async function passphraseIn(file: string, terminal: Terminal | null): Promise<string> {
  if (file === '-' && terminal) return askPassphrase(terminal);
  return textIn(await contentOf(file)).replace(/\r?\n$/, '');
}

const SECRET_LENGTH_MAX = 500;

function secretAsGiven(given: string): EntraCredential {
  const secret = given.trim();
  if (secret === '') throw new CommandFailure('The secret is empty.', EXIT.usage);
  if (secret.length > SECRET_LENGTH_MAX || /\s/.test(secret))
    throw new CommandFailure(
      `What was given is no client secret. Entra makes them of one word, of at most ${SECRET_LENGTH_MAX} characters.`,
      EXIT.usage,
    );
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

/** The bytes of a file, or of standard input for `-`. Errors: CommandFailure that says why it can't be read. */
async function contentOf(file: string): Promise<Buffer> {
  if (file !== '-')
    return readFile(file).catch((error: NodeJS.ErrnoException) => {
      throw new CommandFailure(unreadable(file, error.code), EXIT.usage);
    });
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function unreadable(file: string, code = 'no code'): string {
  if (code === 'ENOENT') return `There is no file ${file}.`;
  if (code === 'EISDIR') return `${file} is a folder: name the file in it.`;
  return `The file ${file} can’t be read (${code}).`;
}

/** Errors: CommandFailure for bytes that are no text. */
function textIn(content: Uint8Array): string {
  try {
    return decodedText(content);
  } catch (error) {
    if (error instanceof UnreadableTextError)
      throw new CommandFailure('The file holds no text, so no secret or passphrase.', EXIT.usage);
    throw error;
  }
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
