/**
 * Live updates. All tabs of a browser share one connection, which a shared worker keeps for those that are visible;
 * where a browser has no shared workers each visible tab keeps its own. This file is both the worker's script and
 * the page's.
 */
(() => {
  /** First and longest wait before the next try, milliseconds; each is drawn by chance up to its limit. */
  const RETRY_MS = { first: 2_000, longest: 60_000 };
  /** Heartbeats that may fail to come before a connection counts as dead. */
  const HEARTBEATS_MISSED = 2.5;
  /** A tab that was shown and has not said so for this long is gone. */
  const FORGET_MS = 60_000;
  const SAY_SHOWN_MS = 20_000;
  /** Tabs that appear or go together make one new connection. */
  const GATHER_MS = 30;
  const SIGNED_OUT = [401, 403];
  /** Beside the folder of this script, wherever the hub stands; a worker's addresses are relative to its script. */
  const LIVE =
    typeof document === 'undefined' ? '../live' : new URL('../live', document.currentScript?.src).href;

  /**
   * Keeps one connection for the pages that are shown. `show` and `hide` say which they are; each page is told what
   * concerns it by its `tell`: `message` with HTML, `state` with how the connection is, `ended` with a status.
   */
  function createConnection() {
    const pages = new Map();
    let attempt = 0;
    let current = null;
    let waiting;

    const tellAll = (message) => {
      for (const page of pages.values()) page.tell(message);
    };

    function renew(afterMs) {
      clearTimeout(waiting);
      current?.abort();
      current = null;
      if (pages.size > 0) waiting = setTimeout(connect, afterMs);
    }

    async function connect() {
      const shown = [...pages.values()].filter(({ ended }) => !ended);
      if (shown.length === 0) return;
      const connection = new AbortController();
      current = connection;
      let retryAfterMs = 0;
      try {
        retryAfterMs = await listen(shown, connection);
      } catch {
        // The reason doesn't matter to a reader: there is no connection, and it is tried again.
      }
      if (current !== connection) return;
      const limit = Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** attempt++);
      renew(retryAfterMs + Math.random() * limit);
      tellAll({ kind: 'state', word: 'reconnecting', wrong: true });
    }

    /** Reads a connection to its end. Answers for how long the server asks not to be asked again. */
    async function listen(shown, connection) {
      const silentMs = Math.max(...shown.map(({ heartbeatMs }) => heartbeatMs)) * HEARTBEATS_MISSED;
      let silence = setTimeout(() => connection.abort(), silentMs);
      const heard = () => {
        clearTimeout(silence);
        silence = setTimeout(() => connection.abort(), silentMs);
      };
      try {
        const response = await fetch(LIVE, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ _csrf: shown.at(-1).csrf, views: shown.map(({ address }) => address) }),
          signal: connection.signal,
        });
        if (SIGNED_OUT.includes(response.status)) {
          for (const page of shown) end(page, 401);
          return 0;
        }
        if (!response.ok) return Number(response.headers.get('retry-after')) * 1000 || 0;
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        let text = '';
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return 0;
          heard();
          const messages = (text + value).split('\n\n');
          text = messages.pop();
          for (const message of messages) take(message, shown);
        }
      } finally {
        clearTimeout(silence);
      }
    }

    function take(message, shown) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(message) ?? [];
      if (event === 'alive') {
        attempt = 0;
        for (const page of shown)
          if (!page.troubled) page.tell({ kind: 'state', word: 'live', wrong: false });
        return;
      }
      const { view, position, html, status } = JSON.parse(data);
      const page = shown[view];
      if (event === 'ended') end(page, status);
      page.troubled = event === 'trouble';
      if (page.troubled) page.tell({ kind: 'state', word: 'not updated', wrong: true });
      if (event !== 'view') return;
      page.address = page.address.replace(/([?&]position=)-?\d+/, `$1${position}`);
      page.tell({ kind: 'message', html, address: page.address });
      page.tell({ kind: 'state', word: 'live', wrong: false });
    }

    function end(page, status) {
      page.ended = true;
      page.tell({ kind: 'ended', status });
    }

    return {
      show(id, page) {
        const known = pages.get(id);
        if (known) known.saidAt = Date.now();
        else {
          pages.set(id, { ...page, saidAt: Date.now() });
          renew(GATHER_MS);
        }
      },
      hide(id) {
        if (pages.delete(id)) renew(GATHER_MS);
      },
      forgetSilent() {
        for (const [id, { saidAt }] of pages) if (Date.now() - saidAt > FORGET_MS) this.hide(id);
      },
    };
  }

  if (typeof SharedWorkerGlobalScope !== 'undefined') {
    const connection = createConnection();
    let tabs = 0;
    self.addEventListener('connect', ({ ports: [port] }) => {
      const id = ++tabs;
      port.addEventListener('message', ({ data }) => {
        if (data.kind === 'hide') connection.hide(id);
        else connection.show(id, { ...data.page, tell: (message) => port.postMessage(message) });
      });
      port.start();
    });
    setInterval(() => connection.forgetSilent(), FORGET_MS);
    return;
  }

  const live = document.getElementById('live');
  /** Answers after which asking again is of no use. */
  const ENDED = new Map([
    [401, 'signed out: load the page again to sign in'],
    [403, 'your access here has ended'],
  ]);
  const script = document.currentScript?.src;
  let paused = false;
  let over = !live;
  let shown = false;
  let word = live ? 'connecting' : '';
  let wrong = false;
  let heardAt = Date.now();

  const link = over ? undefined : linkOf();

  /** How this page reaches the connection: through the worker that all tabs share, or one of its own. */
  function linkOf() {
    if (!globalThis.SharedWorker) {
      const own = createConnection();
      return { show: (page) => own.show(0, { ...page, tell: take }), hide: () => own.hide(0) };
    }
    const { port } = new SharedWorker(script, { name: 'opsledger live' });
    port.addEventListener('message', ({ data }) => take(data));
    port.start();
    return {
      show: (page) => port.postMessage({ kind: 'show', page }),
      hide: () => port.postMessage({ kind: 'hide' }),
    };
  }

  function take(message) {
    if (message.kind === 'ended') {
      over = true;
      const words = ENDED.get(message.status) ?? 'this page can’t be updated: load it again';
      link.hide();
      say(words);
      return state(words, true);
    }
    if (message.kind === 'message') {
      live.dataset.address = message.address;
      return swap(message.html);
    }
    if (!paused && shown && !over) state(message.word, message.wrong);
  }

  async function swap(html) {
    await globalThis.htmx.swap({ text: html, sourceElement: live, target: live, swap: 'none' });
    showControls();
    tellNews();
  }

  /** Shows the page to the connection while somebody can see it, and only then. */
  function look() {
    if (over) return;
    const visible = !document.hidden && !paused;
    if (visible) {
      const { address, csrf, heartbeatMs } = live.dataset;
      link.show({ address, csrf, heartbeatMs: Number(heartbeatMs) });
    } else if (shown) link.hide();
    shown = visible;
  }

  // What is told aloud: that a run's state has changed, and that there are new rows.
  const say = (text) => {
    const announcer = document.getElementById('announcer');
    if (announcer && announcer.textContent !== text) announcer.textContent = text;
  };
  /** The state of each run in a list, by its row's id. */
  const rowStates = () =>
    new Map(
      [...document.querySelectorAll('.runs [data-row]')].map((row) => [
        row.id,
        row.querySelector('.state')?.textContent.trim(),
      ]),
    );
  /** Runs whose state has changed in the list, as sentences. */
  function changedRows() {
    const before = toldRows;
    toldRows = rowStates();
    return [...toldRows].flatMap(([id, now]) => {
      if (!before.has(id) || before.get(id) === now) return [];
      const link = document.getElementById(id).querySelector('.row-link');
      return [`${link.ariaLabel ?? link.textContent.trim()}: ${now}`];
    });
  }
  let toldRows = rowStates();
  const runState = () => document.querySelector('#run-header h1')?.textContent?.trim();
  let toldState = runState();
  function tellNews() {
    const fresh = document.querySelector('#new-rows a');
    const changed = changedRows();
    if (changed.length > 0) {
      const more = changed.length > 3 ? `, and ${changed.length - 3} more` : '';
      say(changed.slice(0, 3).join('; ') + more);
    } else if (runState() !== toldState) {
      toldState = runState();
      say(toldState ?? '');
    } else if (fresh) say(fresh.textContent ?? '');
  }

  function state(next, isWrong = false) {
    word = next;
    wrong = isWrong;
    if (word === 'live') heardAt = Date.now();
    showControls();
  }

  /** The strip is swapped by updates, so its controls are shown anew each time. */
  function showControls() {
    for (const controls of document.querySelectorAll('[data-live-controls]')) {
      controls.hidden = false;
      controls.dataset.state = word;
      controls.classList.toggle('strip-late', wrong);
      controls.querySelector('[data-live-word]').textContent =
        wrong && !over ? `${word}; last heard at ${timeOfDay(heardAt)}` : word;
      const button = controls.querySelector('[data-pause]');
      button.textContent = paused ? 'resume' : 'pause';
      button.setAttribute('aria-pressed', String(paused));
      button.hidden = over;
    }
    // How far behind the page is can't be known without a word from the server.
    for (const lag of document.querySelectorAll('[data-lag]')) lag.hidden = wrong;
    document.body.classList.toggle('is-live', word === 'live');
    document.body.classList.toggle('is-paused', paused);
  }

  const timeOfDay = (at) =>
    new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: live.dataset.zone }).format(at);

  function togglePause() {
    if (over) return;
    paused = !paused;
    state(paused ? 'paused' : 'connecting');
    look();
  }

  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-pause]')) togglePause();
  });
  document.addEventListener('visibilitychange', look);
  window.addEventListener('pagehide', () => {
    if (shown) link?.hide();
    shown = false;
  });
  window.addEventListener('pageshow', look);
  setInterval(() => {
    if (shown) look();
  }, SAY_SHOWN_MS);

  showControls();
  look();
})();
