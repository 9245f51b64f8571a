import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Sealed bytes that were changed, or that were sealed for another place or under another key. */
export class BrokenSealError extends Error {
  override readonly name = 'BrokenSealError';
}

const format = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + nonceBytes + tagBytes;

/**
 * Encrypts `plain` with AES-256-GCM under `key` (32 bytes) and a fresh nonce. `place` names the content and its
 * owner; it isn't stored, but opening requires the same value, so that sealed bytes can't be moved. Layout: format (1
 * byte), nonce (12), tag (16), ciphertext.
 */
export function seal(key: Buffer, plain: Uint8Array, place: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(boundTo(place));
  const body = [cipher.update(plain), cipher.final()];
  return Buffer.concat([Buffer.of(format), nonce, cipher.getAuthTag(), ...body]);
}

/** Decrypts the result of `seal` with the same key and place. Throws BrokenSealError. */
export function open(key: Buffer, sealed: Buffer, place: string): Buffer {
  if (sealed.length < headerBytes || sealed[0] !== format)
    throw new BrokenSealError(`The sealed bytes of ${place} have an unknown form.`);
  const nonce = sealed.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(boundTo(place));
  decipher.setAuthTag(sealed.subarray(1 + nonceBytes, headerBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(headerBytes)), decipher.final()]);
  } catch (cause) {
    throw new BrokenSealError(
      `The sealed bytes of ${place} were changed, moved or sealed under another key.`,
      {
        cause,
      },
    );
  }
}

const boundTo = (place: string): Buffer => Buffer.from(`opsledger/seal/${format}\n${place}`);
