/**
 * What pages do beyond HTML: times that tick, keyboard shortcuts, and the control of live updates. Everything
 * works without this script; it has no state of its own but what is on the page.
 */
(() => {
  const TICK_MS = 1000;
  const CHORD_MS = 1500;
  const serverOffsetMs = Number(document.body.dataset.now ?? Date.now()) - Date.now();
  const now = () => Date.now() + serverOffsetMs;
  const byId = (id) => document.getElementById(id);
  const announce = (text) => {
    const announcer = byId('announcer');
    if (announcer && announcer.textContent !== text) announcer.textContent = text;
  };

  // Times. The words are those of src/web/view/format.ts.
  const UNITS = [
    ['d', 86400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ];
  function duration(ms) {
    let rest = Math.max(0, Math.round(ms / 1000));
    if (rest === 0) return '0 s';
    const words = [];
    for (const [unit, size] of UNITS) {
      const whole = Math.floor(rest / size);
      if (whole > 0) words.push(`${whole} ${unit}`);
      rest -= whole * size;
      if (words.length === 2 || (words.length === 1 && rest === 0)) break;
    }
    return words.join(' ');
  }
  function ago(ms) {
    const seconds = Math.max(0, Math.round(ms / 1000));
    if (seconds < 60) return `${seconds} s ago`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
    if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
    return `${Math.floor(seconds / 86400)} d ago`;
  }
  function tick() {
    if (document.hidden || paused) return;
    for (const element of document.querySelectorAll('[data-since]')) {
      element.textContent = duration(now() - Number(element.dataset.since));
    }
    for (const element of document.querySelectorAll('[data-ago]')) {
      element.textContent = ago(now() - Number(element.dataset.ago));
    }
  }

  // Live updates: the stream is an element of its own; taking it out ends the stream, putting it back resumes.
  let paused = false;
  let connection = null;
  const stream = byId('live');
  let blank = stream?.cloneNode(true);
  /** Answers after which asking again is of no use. */
  const ENDED = new Map([
    [401, 'signed out: load the page again to sign in'],
    [403, 'your access here has ended'],
  ]);
  document.addEventListener('htmx:sse:after:connection', (event) => {
    connection = event.detail.connection;
    state('live');
  });
  document.addEventListener('htmx:sse:error', (event) => {
    const ended = ENDED.get(event.detail.status);
    if (ended) {
      byId('live')?.remove();
      blank = null;
      announce(ended);
    }
    state(ended ?? 'reconnecting', true);
  });
  document.addEventListener('htmx:sse:close', () => {
    if (!paused && blank) state('not live', true);
  });
  /** What is told aloud: that a run's state has changed, and that there are new rows. */
  const runState = () => document.querySelector('#run-header h1')?.textContent?.trim();
  let toldState = runState();
  document.addEventListener('htmx:sse:after:message', () => {
    showControls();
    const fresh = document.querySelector('#new-rows a');
    if (runState() !== toldState) {
      toldState = runState();
      announce(toldState ?? '');
    } else if (fresh) announce(fresh.textContent ?? '');
  });

  let word = 'connecting';
  let wrong = false;
  function state(next, isWrong = false) {
    word = next;
    wrong = isWrong;
    showControls();
  }
  /** The strip is swapped by updates, so its controls are shown anew each time. */
  function showControls() {
    for (const controls of document.querySelectorAll('[data-live-controls]')) {
      controls.hidden = false;
      controls.dataset.state = word;
      controls.classList.toggle('strip-late', wrong);
      controls.querySelector('[data-live-word]').textContent = word;
      const button = controls.querySelector('[data-pause]');
      button.textContent = paused ? 'resume' : 'pause';
      button.setAttribute('aria-pressed', String(paused));
      button.hidden = !blank;
    }
    document.body.classList.toggle('is-live', word === 'live');
  }
  function togglePause() {
    if (!blank) return;
    paused = !paused;
    if (paused) {
      byId('live')?.remove();
      connection?.reader?.cancel();
      state('paused');
    } else {
      const again = blank.cloneNode(true);
      document.body.append(again);
      globalThis.htmx?.process(again);
      state('connecting');
    }
  }

  // Keyboard.
  let chordUntil = 0;
  const rows = () => [...document.querySelectorAll('[data-row]')];
  function move(step) {
    const all = rows();
    if (all.length === 0) return;
    const current = all.indexOf(document.activeElement?.closest('[data-row]'));
    const next = all[Math.min(all.length - 1, Math.max(0, current + (current < 0 ? 1 : step)))];
    const target = next.querySelector('a, summary') ?? next;
    if (target === next) next.tabIndex = -1;
    target.focus({ preventScroll: true });
    next.scrollIntoView({ block: 'nearest' });
  }
  function toFilter() {
    const filter = document.querySelector('[data-filter]');
    if (!filter) return;
    if (filter.tagName === 'DETAILS') filter.open = true;
    filter.querySelector('select, input:not([type=hidden])')?.focus();
  }
  function go(key) {
    document.querySelector(`.rail [data-go="${CSS.escape(key)}"]`)?.click();
  }
  const SHORTCUTS = {
    j: () => move(1),
    k: () => move(-1),
    '/': toFilter,
    '?': () => byId('help')?.showModal(),
    n: () => document.querySelector('[data-new]')?.click(),
    p: togglePause,
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest('input, select, textarea, [contenteditable]')) return;
    if (document.querySelector('dialog[open]')) return;
    if (event.timeStamp < chordUntil) {
      chordUntil = 0;
      event.preventDefault();
      return go(event.key);
    }
    if (event.key === 'g') {
      chordUntil = event.timeStamp + CHORD_MS;
      return;
    }
    const shortcut = Object.hasOwn(SHORTCUTS, event.key) ? SHORTCUTS[event.key] : undefined;
    if (shortcut) {
      event.preventDefault();
      shortcut();
    }
  });

  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-pause]')) togglePause();
    if (event.target.closest('[data-help]')) byId('help')?.showModal();
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener('keyup', (event) => {
    if (event.key !== 'Escape') return;
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      menu.open = false;
      menu.querySelector('summary')?.focus();
    }
  });

  showControls();
  if (!blank) state('');
  setInterval(tick, TICK_MS);
})();
