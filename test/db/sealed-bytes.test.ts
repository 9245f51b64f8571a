import { randomBytes } from 'node:crypto';
import t from 'tap';
import { BrokenSealError, open, seal } from '../../src/db/sealed-bytes.js';

const [key, otherKey] = [randomBytes(32), randomBytes(32)];
const plain = Buffer.from('what a policy says');

t.test('opens with the same key for the same place', async (t) => {
  t.same(open(key, seal(key, plain, 'here'), 'here'), plain);
  t.notSame(seal(key, plain, 'here'), seal(key, plain, 'here'), 'each seal has a nonce of its own');
});

t.test('every changed bit, another key, another place and a cut are refused', async (t) => {
  const sealed = seal(key, plain, 'here');
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8((changed[bit >> 3] as number) ^ (1 << (bit & 7)), bit >> 3);
    if (!throwsBroken(() => open(key, changed, 'here'))) t.fail(`bit ${bit} may be flipped`);
  }
  for (let length = 0; length < sealed.length; length += 1)
    if (!throwsBroken(() => open(key, sealed.subarray(0, length), 'here'))) t.fail(`cut to ${length} bytes`);
  t.throws(() => open(otherKey, sealed, 'here'), BrokenSealError);
  t.throws(() => open(key, sealed, 'there'), BrokenSealError);
});

function throwsBroken(act: () => unknown): boolean {
  try {
    act();
    return false;
  } catch (error) {
    return error instanceof BrokenSealError;
  }
}
