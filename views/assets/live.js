/**
 * Live updates. All tabs of a browser share one connection, which a shared worker keeps for the visible tabs. In a
 * browser without shared workers each visible tab has its own connection. This file is the script of both the worker
 * and the page.
 */
(() => {
  /** First and longest wait before the next try, milliseconds. Each wait is a random time up to its limit. */
  const RETRY_MS = { first: 2_000, longest: 60_000 };
  /** A connection counts as dead after this many heartbeat intervals without a message. */
  const HEARTBEATS_MISSED = 2.5;
  /** A visible tab that hasn't reported for this long counts as closed. */
  const FORGET_MS = 60_000;
  const SAY_SHOWN_MS = 20_000;
  /** Tabs that appear or disappear within this time cause only one new connection. */
  const GATHER_MS = 30;
  const SIGNED_OUT = [401, 403];
  /**
   * The address is relative to this script's folder, so it is right for every base path. A worker resolves addresses
   * relative to its script.
   */
  const LIVE =
    typeof document === 'undefined' ? '../live' : new URL('../live', document.currentScript?.src).href;

  /**
   * Keeps one connection for the visible pages. `show` and `hide` add and remove a page. Each page's `tell` is called
   * with `message` (HTML), `state` (the state of the connection) and `ended` (a status).
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
        // The page shows only that it reconnects, not the reason.
      }
      if (current !== connection) return;
      const limit = Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** attempt++);
      renew(retryAfterMs + Math.random() * limit);
      tellAll({ kind: 'state', word: 'reconnecting', wrong: true });
    }

    /** Reads a connection to its end. Returns how long the server asks to wait before the next try. */
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
        if (known) known.shownAt = Date.now();
        else {
          pages.set(id, { ...page, shownAt: Date.now() });
          renew(GATHER_MS);
        }
      },
      hide(id) {
        if (pages.delete(id)) renew(GATHER_MS);
      },
      forgetSilent() {
        for (const [id, { shownAt }] of pages) if (Date.now() - shownAt > FORGET_MS) this.hide(id);
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
  /** Statuses after which trying again is of no use. */
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

  /** Connects this page through the worker that all tabs share, or through a connection of its own. */
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

  /** Adds the page to the connection while it is visible, and removes it otherwise. */
  function look() {
    if (over) return;
    const visible = !document.hidden && !paused;
    if (visible) {
      const { address, csrf, heartbeatMs } = live.dataset;
      link.show({ address, csrf, heartbeatMs: Number(heartbeatMs) });
    } else if (shown) link.hide();
    shown = visible;
  }

  // Announcements for screen readers: a run's state has changed, or there are new rows.
  const say = (text) => {
    const announcer = document.getElementById('announcer');
    if (announcer && announcer.textContent !== text) announcer.textContent = text;
  };
  /** The state of each run in a list, by the id of its row. */
  const rowStates = () =>
    new Map(
      [...document.querySelectorAll('.runs [data-row]')].map((row) => [
        row.id,
        row.querySelector('.state')?.textContent.trim(),
      ]),
    );
  /** Sentences about the runs in the list whose state has changed. */
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

  /** Updates replace the strip, so its controls are shown again each time. */
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
    // Without a connection it isn't known how far the page is behind.
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
