import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { UnreadableContentError } from '../snapshots/artifact-access.js';

/** Sealed bytes that were changed, or that were sealed for another place or under another key. */
export class BrokenSealError extends UnreadableContentError {
  override readonly name = 'BrokenSealError';
}

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/**
 * Encrypts `plain` with AES-256-GCM under `key` (32 bytes) and a fresh nonce. `place` names the content and its
 * owner; it isn't stored, but opening requires the same value, so that sealed bytes can't be moved. Layout: format (1
 * byte), nonce (12), tag (16), ciphertext.
 */
export function seal(key: Buffer, plain: Uint8Array, place: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(place));
  const body = [cipher.update(plain), cipher.final()];
  return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), ...body]);
}

/** Decrypts the result of `seal` with the same key and place. Throws BrokenSealError. */
export function open(key: Buffer, sealed: Buffer, place: string): Buffer {
  if (sealed.length < HEADER_BYTES || sealed[0] !== FORMAT)
    throw new BrokenSealError(`The sealed bytes of ${place} have an unknown form.`);
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(boundTo(place));
  decipher.setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEADER_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new BrokenSealError(
      `The sealed bytes of ${place} were changed, moved or sealed under another key.`,
      {
        cause,
      },
    );
  }
}

const boundTo = (place: string): Buffer => Buffer.from(`opsledger/seal/${FORMAT}\n${place}`);
