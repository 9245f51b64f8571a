/** What pages do beyond HTML: times that tick and keyboard shortcuts. Everything works without this script. */
(() => {
  const TICK_MS = 1000;
  const CHORD_MS = 1500;
  const serverOffsetMs = Number(document.body.dataset.now ?? Date.now()) - Date.now();
  const now = () => Date.now() + serverOffsetMs;
  const byId = (id) => document.getElementById(id);

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
    if (document.hidden || document.body.classList.contains('is-paused')) return;
    for (const element of document.querySelectorAll('[data-since]')) {
      element.textContent = duration(now() - Number(element.dataset.since));
    }
    for (const element of document.querySelectorAll('[data-ago]')) {
      element.textContent = ago(now() - Number(element.dataset.ago));
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
    p: () => document.querySelector('[data-pause]:not([hidden])')?.click(),
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
    if (event.target.closest('[data-help]')) byId('help')?.showModal();
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  // A field that narrows a list to the entries with its text in them; Enter follows the first of them.
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
  document.addEventListener('keyup', (event) => {
    if (event.key !== 'Escape') return;
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      menu.open = false;
      menu.querySelector('summary')?.focus();
    }
  });

  setInterval(tick, TICK_MS);
})();
