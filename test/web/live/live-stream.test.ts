import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import t from 'tap';
import { systemClock } from '../../../src/clock.js';
import { LIMITS } from '../../../src/web/limits.js';
import { type LiveStreamOptions, messageOf, openLiveStream } from '../../../src/web/live/live-stream.js';
import { createLiveStreams } from '../../../src/web/live/live-streams.js';
import { silent } from '../../support/database.js';

/** Serves one live stream on a real socket and hands out its parts. */
async function serve(
  t: { teardown(end: () => Promise<void>): void },
  options: Partial<LiveStreamOptions> & Pick<LiveStreamOptions, 'render'>,
) {
  const ended = new EventEmitter();
  let stream: ReturnType<typeof openLiveStream> | undefined;
  const server = http.createServer((_request, response: ServerResponse) => {
    stream = openLiveStream({
      response,
      headers: {},
      shownPosition: 1,
      allowed: () => true,
      onEnd: () => ended.emit('end'),
      clock: systemClock,
      logger: silent,
      ...options,
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    stream?.end();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { port, ended, changed: () => stream?.changed() };
}

t.test('sends what differs and nothing twice', async (t) => {
  let position = 1;
  let html = '<b id="x">one</b>';
  const live = await serve(t, {
    render: async () => ({
      position,
      fragments: [
        { target: 'x', html },
        { target: 'y', html: '<i id="y">same</i>' },
      ],
    }),
  });
  const response = await fetch(`http://127.0.0.1:${live.port}/`);
  t.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const until = async (pattern: RegExp) => {
    while (!pattern.test(text)) text += (await reader?.read())?.value ?? '';
  };
  await until(/retry/);
  position = 2;
  html = '<b id="x">two\nlines</b>';
  live.changed();
  await until(/two/);
  t.match(
    text,
    'id: 2\ndata: <hx-partial hx-target="#x" hx-swap="outerMorph"><b id="x">two\ndata: lines</b></hx-partial>',
  );
  t.notMatch(text, 'one', 'the page had that already');
  t.notMatch(text, 'same', 'that has not changed');
  await reader?.cancel();
});

t.test('many changes at once are one render, and one at a time', async (t) => {
  let renders = 0;
  let at = 0;
  let most = 0;
  const live = await serve(t, {
    render: async () => {
      renders++;
      most = Math.max(most, ++at);
      await systemClock.sleep(5);
      at--;
      return { position: renders, fragments: [{ target: 'x', html: String(renders) }] };
    },
  });
  const response = await fetch(`http://127.0.0.1:${live.port}/`);
  for (let n = 0; n < 1000; n++) live.changed();
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!/>2</.test(text)) text += (await reader?.read())?.value ?? '';
  t.ok(renders <= 3, `${renders} renders for 1,000 changes`);
  t.equal(most, 1);
  await reader?.cancel();
});

t.test('who doesn’t read is dropped at a bound', async (t) => {
  const big = 'x'.repeat(LIMITS.liveBufferBytes);
  let position = 1;
  const live = await serve(t, {
    render: async () => ({ position: ++position, fragments: [{ target: 'x', html: `${position}${big}` }] }),
  });
  const socket = net.connect(live.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  socket.pause();
  socket.on('error', () => undefined);
  t.teardown(async () => void socket.destroy());
  const end = once(live.ended, 'end');
  const pushing = setInterval(live.changed, 20);
  await end;
  clearInterval(pushing);
  t.ok(position * LIMITS.liveBufferBytes < 64 * 1024 * 1024, `dropped after ${position} updates`);
});

t.test('a reader who has lost access, and a render that fails, end the stream', async (t) => {
  for (const options of [
    { allowed: () => false, render: async () => ({ position: 1, fragments: [] }) },
    { render: async () => Promise.reject(new Error('the database is away')) },
  ]) {
    const live = await serve(t, options);
    const end = once(live.ended, 'end');
    const response = await fetch(`http://127.0.0.1:${live.port}/`);
    await end;
    await response.text();
    t.pass('ended');
  }
});

t.test('streams are counted by session and in all', async (t) => {
  const streams = createLiveStreams();
  const places = Array.from({ length: LIMITS.liveStreamsPerSession }, () => streams.reserve('a'));
  t.throws(() => streams.reserve('a'), { code: 'too_many_requests' });
  places[0]?.release();
  places[0]?.release();
  streams.reserve('a');
  t.throws(() => streams.reserve('a'), { code: 'too_many_requests' }, 'a place is given back once');
  for (let n = LIMITS.liveStreamsPerSession; n < LIMITS.liveStreamsPerProcess; n++) streams.reserve(`s${n}`);
  t.throws(() => streams.reserve('last'), { code: 'too_many_requests' }, 'the process has a bound as well');
  t.match(messageOf(3, [{ target: 'x', html: 'a\r\nb\rc' }]), /data: .*a\ndata: b\ndata: c/);
});
