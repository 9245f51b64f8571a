/**
 * The script of the list of operations: completed words, a time range that is drawn over the bars, a run that is shown
 * beside the list, and, on a run's page, the links to the runs before and after it in the list. All of this can also be
 * reached without this script.
 */
(() => {
  const byId = (id) => document.getElementById(id);
  const say = (text) => {
    byId('announcer').textContent = text;
  };
  const keysAreOff = () => document.body.dataset.keys === 'off';

  // Completes the word that is being typed (ARIA's combobox pattern).
  const LATER_MS = 120;
  function complete(field) {
    const list = document.createElement('ul');
    list.id = 'suggestions';
    list.className = 'suggestions';
    list.role = 'listbox';
    list.ariaLabel = 'Completions';
    list.hidden = true;
    field.after(list);
    field.role = 'combobox';
    field.setAttribute('aria-autocomplete', 'list');
    field.setAttribute('aria-controls', list.id);
    field.ariaExpanded = 'false';
    let chosen = -1;
    let asked = 0;
    let waiting;

    /** The word before the cursor. It begins after the last blank outside quotes. */
    const wordBefore = () => /(?:"[^"]*"?|\S)*$/.exec(field.value.slice(0, field.selectionStart))?.[0] ?? '';
    function close() {
      list.hidden = true;
      field.ariaExpanded = 'false';
      field.removeAttribute('aria-activedescendant');
      chosen = -1;
    }
    function choose(index) {
      const options = [...list.children];
      chosen = (index + options.length) % options.length;
      for (const [at, option] of options.entries()) option.ariaSelected = String(at === chosen);
      field.setAttribute('aria-activedescendant', options[chosen].id);
    }
    function take(text) {
      const word = wordBefore();
      const start = field.selectionStart - word.length;
      const after = field.value.slice(field.selectionStart);
      const ending = text.endsWith(':') ? '' : ' ';
      field.value = field.value.slice(0, start) + text + ending + after.trimStart();
      field.selectionStart = field.selectionEnd = start + text.length + ending.length;
      close();
      if (text.endsWith(':')) ask();
    }
    async function ask() {
      const number = ++asked;
      const word = wordBefore();
      const address = `${field.dataset.suggest}?${new URLSearchParams({ word })}`;
      const answer = await fetch(address).catch(() => undefined);
      if (number !== asked || !answer?.ok) return;
      const { suggestions } = await answer.json();
      if (number !== asked || document.activeElement !== field) return;
      list.replaceChildren(
        ...suggestions.map(({ text, label, runs }, index) => {
          const option = document.createElement('li');
          option.id = `suggestion-${index}`;
          option.role = 'option';
          option.ariaSelected = 'false';
          option.dataset.text = text;
          option.append(Object.assign(document.createElement('span'), { textContent: label }));
          if (runs !== null) {
            const count = Object.assign(document.createElement('span'), {
              textContent: runs,
              className: 'muted',
            });
            option.append(count);
          }
          return option;
        }),
      );
      chosen = -1;
      list.hidden = suggestions.length === 0;
      field.ariaExpanded = String(!list.hidden);
    }
    field.addEventListener('input', () => {
      clearTimeout(waiting);
      waiting = setTimeout(ask, LATER_MS);
    });
    field.addEventListener('blur', () => {
      asked++;
      close();
    });
    field.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowDown' && list.hidden) ask();
      if (list.hidden) return;
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        choose(event.key === 'ArrowDown' ? chosen + 1 : Math.max(chosen, 0) - 1);
      } else if ((event.key === 'Enter' || event.key === 'Tab') && chosen >= 0) {
        event.preventDefault();
        take(list.children[chosen].dataset.text);
      } else if (event.key === 'Escape') {
        event.preventDefault();
        event.stopPropagation();
        close();
      }
    });
    // `pointerdown` comes before the field loses the focus.
    list.addEventListener('pointerdown', (event) => {
      const option = event.target.closest('[data-text]');
      event.preventDefault();
      if (option) take(option.dataset.text);
    });
  }
  for (const field of document.querySelectorAll('[data-suggest]')) complete(field);

  // A time range over the bars, drawn with the pointer or selected with the arrow keys.
  const barOf = (target) => (target instanceof Element ? target.closest('[data-brush] a') : null);
  let drawn;
  function brushed(last) {
    const bars = [...last.parentElement.querySelectorAll('a')];
    const first = bars.findIndex((bar) => bar.dataset.from === drawn.from);
    const [from, to] = [first, bars.indexOf(last)].sort((one, other) => one - other);
    return { bars, range: bars.slice(Math.max(from, 0), to + 1) };
  }
  document.addEventListener('pointerdown', (event) => {
    const bar = barOf(event.target);
    if (bar && event.button === 0) drawn = { from: bar.dataset.from, moved: false };
  });
  document.addEventListener('pointermove', (event) => {
    const bar = drawn && barOf(document.elementFromPoint(event.clientX, event.clientY));
    if (!bar) return;
    drawn.moved ||= bar.dataset.from !== drawn.from;
    const { bars, range } = brushed(bar);
    for (const one of bars) one.classList.toggle('is-brushed', range.includes(one));
    drawn.last = bar;
  });
  document.addEventListener('pointerup', () => {
    if (drawn?.moved && drawn.last?.isConnected) {
      const { range } = brushed(drawn.last);
      const address = new URL(drawn.last.closest('[data-brush]').dataset.brush, location.href);
      address.searchParams.set('from', range[0].dataset.from);
      address.searchParams.set('to', range.at(-1).dataset.to);
      location.assign(address);
    }
    drawn = undefined;
  });
  document.addEventListener('dragstart', (event) => {
    if (barOf(event.target)) event.preventDefault();
  });
  function reachable() {
    for (const svg of document.querySelectorAll('[data-brush]'))
      if (!svg.querySelector('a[tabindex="0"]'))
        svg.querySelector('a:last-of-type')?.setAttribute('tabindex', '0');
  }
  reachable();
  document.addEventListener('keydown', (event) => {
    const bar = barOf(event.target);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!bar || !step) return;
    event.preventDefault();
    const bars = [...bar.parentElement.querySelectorAll('a')];
    const next = bars[bars.indexOf(bar) + step];
    if (!next) return;
    bar.setAttribute('tabindex', '-1');
    next.setAttribute('tabindex', '0');
    next.focus();
  });

  // Shows a run beside the list.
  let peek;
  let peeked;
  const runLinkOf = (element) => element?.closest?.('.runs [data-row]')?.querySelector('.row-link');
  function closePeek() {
    if (!peek) return;
    const within = peek.contains(document.activeElement);
    peek.remove();
    peek = undefined;
    if (within && peeked?.isConnected) peeked.focus();
  }
  async function show(link) {
    peeked = link;
    if (!peek) {
      peek = document.createElement('aside');
      peek.className = 'peek';
      peek.ariaLabel = 'A look at the run';
      peek.tabIndex = -1;
      byId('main').append(peek);
    }
    link.scrollIntoView({ block: 'nearest' });
    const bar = document.createElement('p');
    bar.className = 'peek-bar';
    const open = Object.assign(document.createElement('a'), { href: link.href, textContent: 'Open the run' });
    const close = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Close' });
    close.addEventListener('click', closePeek);
    bar.append(open, close);
    const content = document.createElement('div');
    content.textContent = 'Loading the run…';
    peek.replaceChildren(bar, content);
    try {
      const answer = await fetch(link.href);
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const parts = [...(page.getElementById('main')?.children ?? [])];
      if (!answer.ok || parts.length === 0) throw new Error('no run came');
      if (peeked !== link || !peek) return;
      const shown = parts.filter((part) => !part.matches('.print-only, nav, form, script'));
      for (const part of shown)
        for (const one of [part, ...part.querySelectorAll('[id], form, nav')]) {
          // The list's live updates find elements by id, and the shown run must not get them.
          one.removeAttribute('id');
          if (one.matches('form, nav')) one.remove();
        }
      content.replaceChildren(...shown);
      say(`Beside the list: ${content.querySelector('h1')?.textContent.trim() ?? 'the run'}`);
    } catch {
      content.textContent = 'The run could not be loaded. Close this and try again, or open the run.';
    }
  }
  const FOLLOW_MS = 150;
  let following;
  document.addEventListener('focusin', (event) => {
    const link = peek && runLinkOf(event.target);
    if (!link || link === peeked) return;
    clearTimeout(following);
    following = setTimeout(() => peek && show(link), FOLLOW_MS);
  });

  // From a run's page to the run before or after it in the list.
  const beside = (side) => document.querySelector(`[data-beside="${side}"]`)?.click();

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === 'Escape') return closePeek();
    if (event.target.closest('input, select, textarea, button, summary, [contenteditable]') || keysAreOff())
      return;
    if (document.querySelector('dialog[open]')) return;
    if (event.key === '[') beside('before');
    if (event.key === ']') beside('after');
    const link = event.key === ' ' ? runLinkOf(event.target) : undefined;
    if (!link) return;
    event.preventDefault();
    if (peek && peeked === link) closePeek();
    else show(link);
  });
})();
