// Searches while somebody types. Without it the page has a button that does the same.
(() => {
  const form = document.querySelector('form[data-search]');
  const found = document.getElementById('found');
  const problem = document.getElementById('problem');
  if (!form || !found) return;
  const field = form.elements.namedItem('q');
  let timer;
  let asked = 0;

  async function search(text) {
    const mine = ++asked;
    const url = new URL(form.dataset.search, location.href);
    url.searchParams.set('q', text.slice(0, 200));
    try {
      const answer = await fetch(url, { credentials: 'same-origin' });
      const html = answer.ok ? await answer.text() : '';
      // A later key press was quicker.
      if (mine !== asked) return;
      const parsed = new DOMParser().parseFromString(html, 'text/html');
      found.replaceChildren(...parsed.body.childNodes);
    } catch {
      // The button is still there.
    }
  }

  const soon = (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => void search(text), 300);
  };
  field.addEventListener('input', () => soon(field.value));
  // What is reported is what to look for, too, until somebody looks for something else.
  problem?.addEventListener('input', () => {
    if (field.value.trim() === '') soon(problem.value);
  });
})();
