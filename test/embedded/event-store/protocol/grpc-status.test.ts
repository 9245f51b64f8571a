import t from 'tap';
import { headerText } from '../../../../src/embedded/event-store/protocol/grpc-status.js';

t.test('header text is printable ASCII', async (t) => {
  t.equal(headerText('a%ü\n'), 'a%25%C3%BC%0A');
});
