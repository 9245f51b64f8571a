/**
 * The script of all pages: running times, keyboard shortcuts, events that open in place, buttons that copy and files of
 * forms. Only the choice of a file needs this script.
 */
(() => {
  const TICK_MS = 1000;
  const CHORD_MS = 1500;
  /**
   * A running run without a sign of life for longer than this is shown as silent. SILENT_AFTER_MS in
   * src/web/view/silence.ts has the same value.
   */
  const SILENT_MS = 60_000;
  const serverOffsetMs = Number(document.body.dataset.now ?? Date.now()) - Date.now();
  const now = () => Date.now() + serverOffsetMs;
  const byId = (id) => document.getElementById(id);

  // The words for times are those of src/web/view/format.ts.
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
    if (document.hidden || document.body.classList.contains('is-paused')) return;
    for (const element of document.querySelectorAll('[data-since]')) {
      element.textContent = duration(now() - Number(element.dataset.since));
    }
    for (const element of document.querySelectorAll('[data-ago]')) {
      const ageMs = now() - Number(element.dataset.ago);
      element.textContent = ago(ageMs);
      element.closest('.sign')?.classList.toggle('is-silent', ageMs > SILENT_MS);
    }
  }

  // Links that load their content into the page. Without this script they lead to a page with that content.
  async function load(place, address) {
    place.textContent = 'Loading the event…';
    try {
      const response = await fetch(address);
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      const body = page.querySelector('.event-body');
      if (!response.ok || !body) throw new Error('no event came');
      place.replaceChildren(body);
      return true;
    } catch {
      place.textContent = 'The event could not be loaded. Close it and open it again, or sign in again.';
      return false;
    }
  }
  async function toggle(link) {
    const target = byId(link.dataset.opens);
    const opens = target.hidden;
    target.hidden = !opens;
    link.setAttribute('aria-expanded', String(opens));
    // Unfolded minor events contain places too, which are loaded when their own link is followed.
    const place = target.querySelector(':scope > [data-loads]');
    if (opens && place && !place.dataset.loaded) {
      place.dataset.loaded = 'yes';
      if (!(await load(place, link.href))) delete place.dataset.loaded;
    }
  }
  /** Buttons that copy an address or a text. Browsers have no clipboard for pages over plain HTTP. */
  const COPIES = '[data-copy], [data-copy-text]';
  document.documentElement.classList.toggle('can-copy', Boolean(navigator.clipboard));
  async function copy(button) {
    const { copy: address, copyText } = button.dataset;
    const text = copyText ?? new URL(address, location.href).href;
    // A browser may refuse it, as a frame or a policy of the organisation asks.
    const said = await navigator.clipboard.writeText(text).then(
      () => 'Copied',
      () => 'Not copied: the browser refuses it',
    );
    byId('announcer').textContent = said;
    if (!button.querySelector('svg')) button.textContent = said;
  }
  for (const link of document.querySelectorAll('[data-opens]')) link.setAttribute('aria-expanded', 'false');

  // A form that the person has asked for already. Its answer takes the place of this page in the browser's history.
  document.querySelector('form[data-send]')?.submit();

  // Keyboard shortcuts.
  let chordUntil = 0;
  const rows = () => [...document.querySelectorAll('[data-row]')].filter((row) => row.checkVisibility());
  /** The element that Enter opens in a row. */
  const opener = (row) =>
    row.querySelector('[data-opens], .row-link') ?? row.querySelector('a, summary') ?? row;
  function move(step) {
    const all = rows();
    if (all.length === 0) return;
    const current = all.indexOf(document.activeElement?.closest('[data-row]'));
    const next = all[Math.min(all.length - 1, Math.max(0, current + (current < 0 ? 1 : step)))];
    focusRow(next);
    next.scrollIntoView({ block: 'nearest' });
  }
  function focusRow(row) {
    const target = opener(row);
    if (target === row) row.tabIndex = -1;
    target.focus({ preventScroll: true });
  }
  /** Remembers the link of a row in the page's entry of the history, for Back. */
  const leaveBy = (link) =>
    history.replaceState({ ...history.state, leftBy: link?.getAttribute('href'), chosen }, '');
  /** After Back, gives the focus to the row that was left, so that `j` goes on from there; chosen runs stay chosen. */
  function returnToRow() {
    const { leftBy: left, chosen: were = [] } = history.state ?? {};
    const [visit] = performance.getEntriesByType('navigation');
    if (visit?.type !== 'back_forward') return;
    chosen = were;
    showChosen();
    if (!left) return;
    const link = document.querySelector(`[data-row] a[href="${CSS.escape(left)}"]`);
    const row = link?.closest('[data-row]');
    if (row?.checkVisibility()) focusRow(row);
  }
  /** Each person can turn single keys off for all of their pages (WCAG 2.1.4). */
  const keysAreOff = () => document.body.dataset.keys === 'off';
  async function setKeys(box) {
    const singleKeys = box.checked ? 'yes' : 'no';
    const body = new URLSearchParams({ _csrf: box.dataset.csrf, singleKeys });
    const answer = await fetch(`${document.documentElement.dataset.base}/me/keys`, {
      method: 'POST',
      body,
    }).catch(() => undefined);
    if (answer?.ok) {
      document.body.dataset.keys = box.checked ? '' : 'off';
      return;
    }
    box.checked = !box.checked;
    byId('announcer').textContent = 'It could not be kept. Try again in a moment.';
  }
  /** Shows in the bar of a list of choices how many rows are ticked, and whether all are. */
  function showTicked(form) {
    const bar = form?.querySelector('[data-choose-all]');
    if (!bar) return;
    const boxes = boxesIn(form);
    const ticked = boxes.filter((box) => box.checked).length;
    const all = bar.querySelector('input');
    bar.hidden = boxes.length === 0;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && !all.checked;
    bar.querySelector('[data-ticked]').textContent = `${ticked} of ${boxes.length} ticked`;
  }
  const boxesIn = (form) => [...form.querySelectorAll('td input[type=checkbox]:enabled')];
  const showAllTicked = () => [...document.forms].forEach(showTicked);
  document.addEventListener('change', ({ target }) => {
    if (target.closest('[data-choose-all]'))
      for (const box of boxesIn(target.form)) box.checked = target.checked;
    showTicked(target.form);
  });
  document.addEventListener('htmx:after:swap', showAllTicked);
  // Browsers keep what was ticked when a page is reloaded or returned to.
  window.addEventListener('pageshow', showAllTicked);
  /** Ticks the box of a row and moves the focus to the next row. */
  function tickBox(box) {
    box.checked = !box.checked;
    showTicked(box.form);
    byId('announcer').textContent = box.checked ? 'Chosen' : 'Not chosen any more';
    move(1);
  }
  /** Moves the focus to the note of the acknowledgement. If no row is ticked, the row with the focus is. */
  function acknowledge() {
    const note = document.querySelector('[data-note]:enabled');
    const box = document.activeElement?.closest('[data-row]')?.querySelector('input[type=checkbox]');
    if (note && box && !document.querySelector('[data-row] input:checked')) {
      box.checked = true;
      showTicked(box.form);
    }
    note?.focus();
  }
  function toFilter() {
    const filter = document.querySelector('[data-filter]');
    if (!filter) return;
    if (filter.tagName === 'DETAILS') filter.open = true;
    (filter.querySelector('select, input:not([type=hidden])') ?? filter).focus();
  }
  function showHelp() {
    const help = byId('help');
    if (!help) return;
    help.showModal();
  }
  function go(key) {
    document.querySelector(`.rail [data-go="${CSS.escape(key)}"]`)?.click();
  }
  /** Runs that are selected to be compared. A third one replaces the first. */
  let chosen = [];
  function choose() {
    const row = document.activeElement?.closest('[data-row]');
    const box = row?.querySelector('input[type=checkbox]');
    if (box) return tickBox(box);
    const run = row?.dataset.run;
    if (!run) return;
    chosen = chosen.includes(run) ? chosen.filter((one) => one !== run) : [...chosen, run].slice(-2);
    showChosen();
    const words = [
      'No run is chosen.',
      'One run is chosen; x chooses another.',
      'Two runs are chosen; c compares them.',
    ];
    byId('announcer').textContent = words[chosen.length];
  }
  function showChosen() {
    for (const row of document.querySelectorAll('[data-run]'))
      row.classList.toggle('is-chosen', chosen.includes(row.dataset.run));
  }
  function compare() {
    if (chosen.length === 0) return;
    leaveBy(document.activeElement?.closest('a[href]'));
    // The list is newest first, so the lower row is the older run.
    const inList = [...document.querySelectorAll('[data-run]')].map(({ dataset }) => dataset.run);
    const [b, a] = [...chosen].sort((one, other) => inList.indexOf(one) - inList.indexOf(other));
    const base = /^.*?\/t\/[^/]+/.exec(location.pathname)?.[0] ?? '';
    location.href = `${base}/compare?${new URLSearchParams(a ? { a, b } : { a: b })}`;
  }
  document.addEventListener('htmx:after:swap', showChosen);
  const SHORTCUTS = {
    j: () => move(1),
    k: () => move(-1),
    '/': toFilter,
    '?': showHelp,
    a: acknowledge,
    n: () => document.querySelector('[data-new]')?.click(),
    p: () => document.querySelector('[data-pause]:not([hidden])')?.click(),
    ',': () => document.querySelector('[data-step="previous"]')?.click(),
    '.': () => document.querySelector('[data-step="next"]')?.click(),
    x: choose,
    c: compare,
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest('input, select, textarea, [contenteditable]') || keysAreOff()) return;
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
    if (event.target.closest('[data-help]')) showHelp();
    const button = event.target.closest(COPIES);
    if (button) copy(button);
    const link = event.target.closest('a[href]');
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (link?.dataset.opens && isPlain) {
      event.preventDefault();
      toggle(link);
    } else if (link?.closest('[data-row]')) {
      leaveBy(link);
    }
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  // A menu at the foot of the rail is shown whole.
  document.addEventListener(
    'toggle',
    ({ target }) => {
      if (target.open && target.closest('.rail')) target.scrollIntoView({ block: 'nearest' });
    },
    true,
  );
  // A selected file is sent as base64 in a hidden field, because forms are small and never multipart.
  for (const label of document.querySelectorAll('[data-needs-script]')) label.hidden = false;
  const FILE_BYTES_MAX = 30_000;
  const problemOf = ({ size }) => {
    if (size === 0) return 'The file is empty.';
    return size > FILE_BYTES_MAX ? 'The file is too large: at most 30 kB are taken.' : '';
  };
  document.addEventListener('change', async (event) => {
    const { into } = event.target.dataset ?? {};
    if (into === undefined) return;
    const [file] = event.target.files;
    const problem = file ? problemOf(file) : '';
    event.target.setCustomValidity(problem);
    event.target.reportValidity();
    const bytes = file && problem === '' ? new Uint8Array(await file.arrayBuffer()) : new Uint8Array();
    event.target.form.elements[into].value = btoa(String.fromCharCode(...bytes));
  });
  // A field that shows only the entries of a list that contain its text. Enter follows the first of them.
  const narrowed = (field) =>
    [...byId(field.dataset.narrows).children].filter((entry) => {
      entry.hidden = !entry.textContent.toLowerCase().includes(field.value.trim().toLowerCase());
      return !entry.hidden;
    });
  document.addEventListener('input', (event) => {
    if (event.target.matches('[data-narrows]')) narrowed(event.target);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target.matches('[data-narrows]'))
      narrowed(event.target)[0]?.querySelector('a')?.click();
  });
  document.addEventListener('change', (event) => {
    if (event.target.matches('[data-single-keys]')) setKeys(event.target);
  });
  document.addEventListener('keyup', (event) => {
    if (event.key !== 'Escape') return;
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      menu.open = false;
      menu.querySelector('summary')?.focus();
    }
  });

  // Offers the browser's time zone when another zone is selected.
  const offered = document.querySelector('[data-browser-zone]');
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = document.querySelector('select[name=timeZone]');
  const known = offered?.dataset.browserZone.split(',').find((pair) => pair.startsWith(`${zone}=`));
  const choice = known?.slice(zone.length + 1) ?? zone;
  if (offered && [...zones.options].some(({ text }) => text === choice) && zones.value !== choice) {
    offered.hidden = false;
    offered.querySelector('span').textContent = choice;
    offered.querySelector('button').addEventListener('click', () => {
      zones.value = choice;
    });
  }

  /** Loads a waiting page again, or goes to the address that the page names. */
  function refreshLater() {
    const [, seconds, url] = /^(\d+)(?:; url=(.*))?$/.exec(document.body.dataset.refresh ?? '') ?? [];
    if (seconds) setTimeout(() => (url ? location.assign(url) : location.reload()), Number(seconds) * 1000);
  }

  refreshLater();
  returnToRow();
  setInterval(tick, TICK_MS);
})();
