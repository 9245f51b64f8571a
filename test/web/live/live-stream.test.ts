import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import t from 'tap';
import { systemChance, systemClock } from '../../../src/clock.js';
import { LIMITS } from '../../../src/web/limits.js';
import type { ChangedRuns } from '../../../src/web/live/changed-runs.js';
import { type LiveStreamOptions, type LiveView, openLiveStream } from '../../../src/web/live/live-stream.js';
import { createLiveStreams } from '../../../src/web/live/live-streams.js';
import { WebError } from '../../../src/web/web-error.js';
import { silent } from '../../support/database.js';
import { openLive } from '../../support/live-client.js';

/** A page that renders what the test gives, and a function that reports a change to it. */
function viewOf(render: LiveView['render']) {
  let listener: (runs: ChangedRuns) => void = () => {};
  let subscribed = false;
  const view: LiveView = {
    shownPosition: 1,
    render,
    subscribe(listen) {
      listener = listen;
      subscribed = true;
      return () => {
        subscribed = false;
      };
    },
  };
  return { view, changed: (runs: ChangedRuns = 'all') => listener(runs), subscribed: () => subscribed };
}

/** Serves one live stream on a real socket. */
async function serve(t: { teardown(end: () => Promise<void>): void }, views: LiveStreamOptions['views']) {
  const ended = new EventEmitter();
  let stream: ReturnType<typeof openLiveStream> | undefined;
  let answer: ServerResponse | undefined;
  const server = http.createServer((_request, response: ServerResponse) => {
    answer = response;
    stream = openLiveStream({
      response,
      headers: {},
      views,
      onEnd: () => ended.emit('end'),
      clock: systemClock,
      chance: systemChance,
      logger: silent,
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
  /** Whether data waits to be read by the client. */
  const waits = () => answer?.writableNeedDrain === true;
  return { port, ended, waits, open: () => openLive(`http://127.0.0.1:${port}`, 'session=x', []) };
}

t.test('only changed parts are sent, and nothing is sent twice', async (t) => {
  let position = 1;
  let html = '<b id="x">one</b>';
  const page = viewOf(async () => ({
    position,
    fragments: [
      { target: 'x', html },
      { target: 'y', html: '<i id="y">same</i>' },
    ],
  }));
  const live = await (await serve(t, [page.view])).open();
  t.equal(live.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  t.match(live.headers.get('cache-control'), /no-transform/, 'a proxy may not compress it');
  await live.next('alive');
  position = 2;
  html = '<b id="x">two\nlines</b>';
  page.changed();
  t.same(await live.next('view'), {
    event: 'view',
    view: 0,
    position: 2,
    html: '<hx-partial hx-target="#x" hx-swap="outerMorph"><b id="x">two\nlines</b></hx-partial>',
  });
  await live.close();
});

t.test('one stream serves several pages, and a failing page doesn’t affect the others', async (t) => {
  let broken = true;
  const good = viewOf(async () => ({ position: 5, fragments: [{ target: 'x', html: 'good' }] }));
  const bad = viewOf(async () => {
    if (broken) throw new Error('this page’s query takes too long');
    return { position: 6, fragments: [{ target: 'x', html: 'bad' }] };
  });
  const live = await (await serve(t, [good.view, bad.view, { refused: 403 }])).open();
  t.match(await live.next('ended'), { view: 2, status: 403 });
  t.match(await live.next('view'), { view: 0, position: 5 });
  t.match(await live.next('trouble'), { view: 1 });
  broken = false;
  bad.changed();
  t.match(await live.next('view'), { view: 1, position: 6 });
  await live.close();
});

t.test('many changes at once cause one render, and renders don’t overlap', async (t) => {
  let renders = 0;
  let at = 0;
  let most = 0;
  const page = viewOf(async () => {
    renders++;
    most = Math.max(most, ++at);
    await systemClock.sleep(5);
    at--;
    return { position: renders + 1, fragments: [{ target: 'x', html: String(renders) }] };
  });
  const live = await (await serve(t, [page.view])).open();
  for (let n = 0; n < 1000; n++) page.changed();
  while (!/>2</.test((await live.next('view'))?.html ?? ''));
  t.ok(renders <= 3, `${renders} renders for 1,000 changes`);
  t.equal(most, 1);
  await live.close();
});

t.test('a reader that doesn’t read is disconnected at a limit', async (t) => {
  const big = 'x'.repeat(LIMITS.liveBufferBytes);
  let position = 1;
  const page = viewOf(async () => ({
    position: ++position,
    fragments: [{ target: 'x', html: `${position}${big}` }],
  }));
  const live = await serve(t, [page.view]);
  const socket = net.connect(live.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  socket.pause();
  socket.on('error', () => undefined);
  t.teardown(async () => void socket.destroy());
  const end = once(live.ended, 'end');
  const pushing = setInterval(() => page.changed(), 20);
  await end;
  clearInterval(pushing);
  t.ok(position * LIMITS.liveBufferBytes < 64 * 1024 * 1024, `dropped after ${position} updates`);
  t.notOk(page.subscribed(), 'and listens no longer');
});

t.test('a reader that reads slowly is sent the newest state once it has read', async (t) => {
  const large = 'x'.repeat(LIMITS.liveBufferBytes / 4);
  let renders = 0;
  let state = 'early';
  const page = viewOf(async () => ({
    position: ++renders + 1,
    fragments: [{ target: 'x', html: `${state} ${renders} ${large}` }],
  }));
  const live = await serve(t, [page.view]);
  const socket = net.connect(live.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  socket.pause();
  t.teardown(async () => void socket.destroy());
  while (!live.waits()) {
    page.changed();
    await systemClock.sleep(LIMITS.liveCoalesceMs / 2);
  }
  const before = renders;
  state = 'newest';
  for (let n = 0; n < 4; n++) {
    page.changed();
    await systemClock.sleep(LIMITS.liveCoalesceMs * 1.5);
  }
  t.ok(renders <= before + 1, 'nothing is rendered while it does not read');
  let text = '';
  for await (const chunk of socket) {
    text = text.slice(-20) + String(chunk);
    if (text.includes('newest')) break;
  }
  t.ok(renders <= before + 2, 'the changes meanwhile are one update');
});

t.test('a reader who has lost access to a page reads that, and the page renders no more', async (t) => {
  let renders = 0;
  const page = viewOf(async () => {
    renders++;
    throw new WebError('forbidden', 'Your role here has ended.');
  });
  const live = await (await serve(t, [page.view])).open();
  t.match(await live.next('ended'), { view: 0, status: 403 });
  page.changed();
  t.notOk(page.subscribed());
  t.equal(renders, 1);
  await live.close();
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
});
